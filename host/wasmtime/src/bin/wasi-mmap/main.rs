//! The command `wasi-mmap`: wasmtime with the mapping built in. It has the arguments, messages and exit codes of the npm
//! command of this name.

mod engine;
mod memmap2;
mod options;
mod output;
mod plug;
mod progress;
mod run;
mod run_p3;
mod serve;
mod shell;
mod state;
mod stats;
mod trust;

use options::{parse_inspect, parse_plug, parse_run, printable, to_text, UsageError};
use output::{say, write_output};
use run::Ended;
use serve::options::parse_serve;
use std::process::ExitCode;

/// The text that both commands print.
const HELP: &str = include_str!("../../../shell/help.txt");

/// The exit code of a command that cannot be done.
const CANNOT: u8 = 2;
/// The exit code that shells give for SIGABRT, with which wasmtime ends after a trap.
const TRAPPED: u8 = 134;

/// Does what the arguments say, and returns the exit code.
fn call(words: &[String]) -> wasmtime::Result<u8> {
    let verb = words.first().map(String::as_str);
    let help = |word: &str| word == "--help" || word == "-h";
    if verb.is_some_and(|verb| verb == "help" || help(verb)) || words.get(1).is_some_and(|word| help(word)) {
        write_output("-", HELP.as_bytes())?;
        return Ok(0);
    }
    match verb {
        Some("--version" | "-V") => {
            write_output("-", concat!("wasi-mmap ", env!("CARGO_PKG_VERSION"), "\n").as_bytes())?;
            Ok(0)
        }
        Some("plug") => {
            plug::plug_file(&parse_plug(words[1..].iter().cloned())?)?;
            Ok(0)
        }
        Some("completion") => {
            write_output("-", shell::completion(&words[1..])?.as_bytes())?;
            Ok(0)
        }
        Some("man") => {
            write_output("-", shell::page(&words[1..])?.as_bytes())?;
            Ok(0)
        }
        Some("inspect") => {
            plug::inspect_file(&parse_inspect(words[1..].iter().cloned())?)?;
            Ok(0)
        }
        Some("serve") => {
            serve::serve(parse_serve(words[1..].iter().cloned(), |name| std::env::var(name).ok())?)?;
            Ok(0)
        }
        Some("run") => {
            let options = parse_run(words[1..].iter().cloned(), |name| std::env::var(name).ok())?;
            let name = run::base_name(&options.component);
            let (ended, figures) = run::run(&options)?;
            let code = match &ended {
                Ended::Exit(code) => *code,
                Ended::Trap(error) => {
                    let report = format!("wasi-mmap: {name} trapped: {}\n{error:?}", error.root_cause());
                    say(&printable(&report));
                    TRAPPED
                }
            };
            let trapped = matches!(ended, Ended::Trap(_));
            figures.report(&options.stats, &name, code, trapped)?;
            Ok(code)
        }
        Some(verb) => Err(UsageError::new(format!("unknown command: {verb}")).into()),
        None => Err(UsageError::new("no command").into()),
    }
}

fn main() -> wasmtime::Result<ExitCode> {
    let words = to_text(std::env::args_os().skip(1)).map_err(wasmtime::Error::from);
    let code = match words.and_then(|words| call(&words)) {
        Ok(code) => code,
        Err(error) => {
            let error: UsageError = error.downcast()?;
            say(&format!("wasi-mmap: {error}"));
            if error.show_help {
                say("Try \"wasi-mmap --help\".");
            }
            CANNOT
        }
    };
    Ok(code.into())
}
