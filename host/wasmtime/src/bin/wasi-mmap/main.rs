//! The command `wasi-mmap`: wasmtime with the mapping built in. It has the arguments, messages and exit codes of the npm
//! command of this name.

mod engine;
mod memmap2;
mod options;
mod output;
mod plug;
mod run;
mod run_p3;
mod serve;
mod state;
mod trust;

use options::{parse_plug, parse_run, printable, to_text, UsageError};
use output::{say, write_output};
use run::Ended;
use serve::options::parse_serve;
use std::process::ExitCode;

const HELP: &str = "\
Usage: wasi-mmap run [options] component.wasm [arguments...]
       wasi-mmap serve [options] component.wasm [arguments...]
       wasi-mmap plug [options] component.wasm -o OUTPUT

\"run\" runs a WebAssembly component that is a command of WASI 0.2 or 0.3 (it exports
wasi:cli/run), with real memory mapping behind its imports of wasi-mmap:mmap. It sees no file,
no variable and no network unless you grant it.

  --dir HOST[::GUEST]     grant a directory, under the name GUEST (default: HOST)
  --dir-ro HOST[::GUEST]  the same, for reading only
  --env NAME[=VALUE]      set a variable (without a value: pass on yours)
  --no-native             use the polyfill instead of the native mapping
  --max-private-memory SIZE
                          how much memory its maps may take that no file holds, such as
                          512M (default: half of the memory that there is, at most 4G)

\"serve\" answers HTTP requests with a component that exports wasi:http/incoming-handler. It has
the options of \"run\", with at most 256M of private memory by default, and these:

  --addr HOST:PORT        where to listen (default: 127.0.0.1:8080)
  --reuse N               have an instance handle N requests, one after the other (default: 1)
  --max-memory SIZE       how much memory an instance may have (default: 1G)
  --max-requests N        how many requests to handle at a time (default: 64)
  --timeout SECONDS       how long a request may take (default: 30)
  --allow-outgoing        let the component send requests

It is part of the command for wasmtime alone: in Node one component could end the server.

\"plug\" gives the polyfill to a component that imports wasi-mmap:mmap@0.2.0. What comes out
needs nothing but WASI: \"wasmtime run --dir HOST::GUEST OUTPUT\" runs it.

  -o, --output OUTPUT     the file to write (-: standard output)
  --compose               put the polyfill in front of the component, not into it
  --explain               say which of the two was done, and why

\"run\" ends with the component's exit code, or with 134 if it traps; all end with 2 if they
cannot do what they should. There are also --help and --version.
";

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
        Some("serve") => {
            serve::serve(parse_serve(words[1..].iter().cloned(), |name| std::env::var(name).ok())?)?;
            Ok(0)
        }
        Some("run") => {
            let options = parse_run(words[1..].iter().cloned(), |name| std::env::var(name).ok())?;
            Ok(match run::run(&options)? {
                Ended::Exit(code) => code,
                Ended::Trap(error) => {
                    let name = run::base_name(&options.component);
                    let report = format!("wasi-mmap: {name} trapped: {}\n{error:?}", error.root_cause());
                    say(&printable(&report));
                    TRAPPED
                }
            })
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
