//! mgrep as a command of WASI 0.3: `mgrep_p3 [-c] [-n] TEXT FILE...`. It opens files while it may wait, and writes to streams.

#[path = "grep/mod.rs"]
mod grep;

use std::io::Result;

use wasi_mmap::p3::{open, DescriptorFlags};
use wasip3::cli::{environment::get_arguments, exit::exit_with_code, stderr, stdout};

struct Command;

wasip3::cli::command::export!(Command);

impl wasip3::exports::cli::run::Guest for Command {
    async fn run() -> std::result::Result<(), ()> {
        match run().await {
            0 => Ok(()),
            1 => Err(()),
            code => {
                exit_with_code(code);
                unreachable!("the host ends the program")
            }
        }
    }
}

async fn search_file(options: &grep::Options, path: &str, out: &mut Vec<u8>) -> Result<u64> {
    let file = open(path, DescriptorFlags::READ).await?;
    options.search_file(path, &file, out)
}

/// The exit code.
async fn run() -> u8 {
    // The host reads a stream while its writer waits, and says in the end whether it could.
    let (mut out, reader) = wasip3::wit_stream::new();
    let written = stdout::write_via_stream(reader);
    let (mut errors, reader) = wasip3::wit_stream::new();
    let told = stderr::write_via_stream(reader);
    let code = match grep::Options::parse(get_arguments().into_iter().skip(1)) {
        Err(usage) => {
            errors.write_all(format!("{usage}\n").into_bytes()).await;
            2
        }
        Ok(options) => {
            let (mut any, mut failed) = (false, false);
            for path in &options.paths {
                let mut lines = Vec::new();
                let found = search_file(&options, path, &mut lines).await;
                failed |= !out.write_all(lines).await.is_empty();
                match found {
                    Ok(found) => any |= found > 0,
                    Err(error) => {
                        errors.write_all(format!("mgrep: {path}: {error}\n").into_bytes()).await;
                        failed = true;
                    }
                }
            }
            if failed {
                2
            } else {
                u8::from(!any)
            }
        }
    };
    drop((out, errors));
    let written = written.await.is_ok();
    let _ = told.await; // There is nobody left to tell.
    if written {
        code
    } else {
        2
    }
}
