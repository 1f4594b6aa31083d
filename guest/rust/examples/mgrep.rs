//! `mgrep [-c] [-n] TEXT FILE...`: prints the lines that contain the text, like `grep -aF`, but it maps the files and
//! lets the host search. Ends with 0 if a line was found, 1 if none was, 2 after an error.

#[path = "grep/mod.rs"]
mod grep;

use std::io::{stdout, BufWriter, Write};

/// The exit code.
fn run() -> u8 {
    let options = match grep::Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(usage) => {
            eprintln!("{usage}");
            return 2;
        }
    };
    let mut out = BufWriter::new(stdout());
    let (mut any, mut failed) = (false, false);
    for path in &options.paths {
        match options.search_file(path, path, &mut out) {
            Ok(found) => any |= found > 0,
            Err(error) => {
                let _ = out.flush();
                eprintln!("mgrep: {path}: {error}");
                failed = true;
            }
        }
    }
    failed |= out.flush().is_err();
    if failed {
        2
    } else {
        u8::from(!any)
    }
}

fn main() {
    // What main() returns says only whether it went well: WASI 0.2 has codes as a call.
    wasip2::cli::exit::exit_with_code(run());
}
