//! `mreplace OLD NEW FILE...`: replaces a text by one of the same length, in place: only the bytes that change are
//! written. Ends with 0 if something was replaced, 1 if nothing was, 2 after an error.

use std::io::Result;

use wasi_mmap::{error_code, ErrorCode, MmapOptions};

/// Tells how often it replaced.
fn replace(path: &str, old: &[u8], new: &[u8]) -> Result<u64> {
    let map = match MmapOptions::new().map_mut(path) {
        Err(error) if error_code(&error) == Some(ErrorCode::EmptyFile) => return Ok(0),
        map => map?,
    };
    let (mut from, mut replaced) = (0, 0);
    while let Some(at) = map.find(old, from..)? {
        map.write_all_at(new, at)?;
        from = at + old.len() as u64;
        replaced += 1;
    }
    map.flush()?;
    Ok(replaced)
}

/// The exit code.
fn run() -> u8 {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (Some(old), Some(new), paths @ [_, ..]) = (words.first(), words.get(1), words.get(2..).unwrap_or_default())
    else {
        eprintln!("usage: mreplace OLD NEW FILE...   (OLD and NEW of the same length in bytes)");
        return 2;
    };
    if old.is_empty() || old.len() != new.len() {
        eprintln!("usage: mreplace OLD NEW FILE...   (OLD and NEW of the same length in bytes)");
        return 2;
    }
    let (mut all, mut failed) = (0, false);
    for path in paths {
        match replace(path, old.as_bytes(), new.as_bytes()) {
            Ok(replaced) => {
                println!("{path}: {replaced}");
                all += replaced;
            }
            Err(error) => {
                eprintln!("mreplace: {path}: {error}");
                failed = true;
            }
        }
    }
    if failed {
        2
    } else {
        u8::from(all == 0)
    }
}

fn main() {
    // What main() returns says only whether it went well: WASI 0.2 has codes as a call.
    wasip2::cli::exit::exit_with_code(run());
}
