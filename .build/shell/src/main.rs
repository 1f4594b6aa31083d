//! Makes what shells and `man` read of the command `wasi-mmap`: `shell HELP VERSION FOLDER`. The text of its help is the only
//! source.

mod complete;
mod help;
mod page;

use help::Help;
use std::path::Path;
use std::{env, fs, process::ExitCode};

/// Writes the files into `folder`.
fn generate(help: &str, version: &str, folder: &Path) -> Result<(), String> {
    let help = Help::parse(help)?;
    let mut files = complete::scripts(&help)?;
    files.push((format!("{}.1", help::PROGRAM), page::render(&help, version)));
    for (name, text) in files {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

fn main() -> ExitCode {
    let words: Vec<_> = env::args().skip(1).collect();
    let [path, version, folder] = words.as_slice() else {
        eprintln!("usage: shell HELP VERSION FOLDER");
        return ExitCode::FAILURE;
    };
    let made = fs::read_to_string(path)
        .map_err(|error| error.to_string())
        .and_then(|help| generate(&help, version, Path::new(folder)));
    match made {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{path}: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests;
