//! Writes completions, with `clap_complete`.

use crate::help::{Help, Opt, Value, Verb, PROGRAM};
use clap::{Arg, ArgAction, Command, ValueHint};
use clap_complete::aot::{Bash, Elvish, Fish, Generator, PowerShell, Zsh};

/// How a shell completes a value, by its name.
enum Kind {
    Hint(ValueHint),
    Choices,
}

impl Kind {
    fn of(name: &str) -> Result<Self, String> {
        match name {
            "HOST[::GUEST]" => Ok(Self::Hint(ValueHint::DirPath)),
            "OUTPUT" => Ok(Self::Hint(ValueHint::FilePath)),
            "HOST:PORT" | "N" | "NAME[=VALUE]" | "SECONDS" | "SIZE" => Ok(Self::Hint(ValueHint::Other)),
            name if name.contains('|') || name.bytes().all(|byte| byte.is_ascii_lowercase()) => Ok(Self::Choices),
            name => Err(format!("what to complete a {name} with is not known: say it in .build/shell/src/complete.rs")),
        }
    }
}

fn arg(option: &Opt) -> Result<Arg, String> {
    let arg = Arg::new(option.long.clone()).long(option.long.clone()).help(option.text.clone());
    let arg = match option.short {
        Some(short) => arg.short(short),
        None => arg,
    };
    let Some(Value { name, optional }) = &option.value else { return Ok(arg.action(ArgAction::SetTrue)) };
    // The script for zsh, which alone has the name, separates by colons what an option is.
    let arg = arg.value_name(name.replace(':', "\\:")).action(ArgAction::Append);
    let arg = match Kind::of(name)? {
        Kind::Hint(hint) => arg.value_hint(hint),
        Kind::Choices => arg.value_parser(name.split('|').map(String::from).collect::<Vec<_>>()),
    };
    Ok(if *optional { arg.num_args(0..=1).require_equals(true) } else { arg })
}

/// A command without what clap adds: the help names all that there is.
fn bare(name: &str) -> Command {
    Command::new(name.to_owned()).disable_help_flag(true).disable_version_flag(true).disable_help_subcommand(true)
}

fn subcommand(help: &Help, verb: &Verb) -> Result<Command, String> {
    let mut command = bare(&verb.name).about(verb.summary().to_owned());
    // The program's help is that of the verb too.
    for option in help.options_of(verb).iter().chain(help.options.first()) {
        command = command.arg(arg(option)?);
    }
    for word in &verb.usage {
        match word.as_str() {
            "component.wasm" => command = command.arg(Arg::new("component.wasm").value_hint(ValueHint::FilePath)),
            "[arguments...]" => {
                command =
                    command.arg(Arg::new("arguments").num_args(0..).trailing_var_arg(true).allow_hyphen_values(true));
            }
            _ => {}
        }
    }
    // Not values of an argument: the script for fish has none of these.
    for choice in verb.choices() {
        command = command.subcommand(bare(choice));
    }
    Ok(command)
}

pub fn command(help: &Help, name: &str) -> Result<Command, String> {
    let mut command = bare(name).about(help.summary.clone());
    for option in &help.options {
        command = command.arg(arg(option)?);
    }
    for verb in &help.verbs {
        command = command.subcommand(subcommand(help, verb)?);
    }
    command.set_bin_name(name);
    command.build();
    Ok(command)
}

fn script(shell: &impl Generator, command: &Command) -> Result<(String, String), String> {
    let mut text = Vec::new();
    shell.try_generate(command, &mut text).map_err(|error| error.to_string())?;
    let text = String::from_utf8(text).map_err(|error| error.to_string())?;
    // The script for PowerShell begins with an empty line.
    Ok((shell.file_name(PROGRAM), text.trim_start().to_owned()))
}

/// The script for bash, which is to complete a file where a component is due. `clap_complete` offers the options there.
fn bash(help: &Help) -> Result<(String, String), String> {
    /// A name with a dash is broken in `clap_complete` 4.6 (<https://github.com/clap-rs/clap/issues/6421>).
    const NAME: &str = "wasi_mmap";
    const OFFERS: &str = "COMPREPLY=( $(compgen -W \"${opts}\" -- \"${cur}\") )\n            return 0\n            ;;";
    let (_, bash) = script(&Bash, &command(help, NAME)?)?;
    let mut bash = bash.replace(&format!(" {NAME}\n"), &format!(" {PROGRAM}\n"));
    for verb in help.verbs.iter().filter(|verb| verb.usage.iter().any(|word| word == "component.wasm")) {
        let other = || format!("the script for bash has another form for \"{}\"", verb.name);
        let label = format!("\n        {NAME}__subcmd__{})\n", verb.name);
        let start = bash.find(&label).ok_or_else(other)?;
        let end = start + bash[start..].find(OFFERS).ok_or_else(other)?;
        let part = &bash[start..end];
        let level = " || ${COMP_CWORD} -eq 2 ]]";
        if part.matches(level).count() != 1 {
            return Err(other());
        }
        let part = part.replace(level, " ]]");
        // Without an offer `complete -o default` takes files.
        bash.replace_range(end..end + OFFERS.find('\n').unwrap_or_default(), "COMPREPLY=()");
        bash.replace_range(start..end, &part);
    }
    Ok((Bash.file_name(PROGRAM), bash))
}

/// The scripts, with the names that their shells expect.
pub fn scripts(help: &Help) -> Result<Vec<(String, String)>, String> {
    let command = command(help, PROGRAM)?;
    Ok(vec![
        bash(help)?,
        script(&Elvish, &command)?,
        script(&Fish, &command)?,
        script(&PowerShell, &command)?,
        script(&Zsh, &command)?,
    ])
}
