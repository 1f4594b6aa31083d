//! `mgrep [-c] [-n] TEXT FILE...`: prints the lines that contain the text, like `grep -aF`, but it maps the files and
//! lets the host search. Ends with 0 if a line was found, 1 if none was, 2 after an error.

use std::io::{stdout, BufWriter, Result, Write};

use wasi_mmap::{error_code, ErrorCode, Mapping, MmapOptions};

const CHUNK: usize = 64 * 1024;

struct Options {
    count: bool,
    numbers: bool,
    prefix: String,
}

/// The pieces of a range, each as a list.
fn chunks(map: &Mapping, start: u64, end: u64) -> impl Iterator<Item = Result<Vec<u8>>> + '_ {
    let starts = (start..end).step_by(CHUNK);
    starts.map(move |at| map.read_vec_at(at, (CHUNK as u64).min(end - at)))
}

/// Prints what is asked for of one file, and tells how many lines were found.
fn search(map: &Mapping, needle: &[u8], options: &Options, out: &mut impl Write) -> Result<u64> {
    let size = map.len();
    let (mut start, mut line, mut found) = (0, 1, 0);
    while start < size {
        let Some(hit) = map.find(needle, start..)? else { break };
        let end = map.find(b"\n", hit..)?.unwrap_or(size);
        found += 1;
        if !options.count {
            let first = map.rfind(b"\n", start..hit)?.map_or(start, |newline| newline + 1);
            write!(out, "{}", options.prefix)?;
            if options.numbers {
                for chunk in chunks(map, start, first) {
                    line += chunk?.split(|&byte| byte == b'\n').count() - 1;
                }
                write!(out, "{line}:")?;
                line += 1;
            }
            for chunk in chunks(map, first, end) {
                out.write_all(&chunk?)?;
            }
            out.write_all(b"\n")?;
        }
        start = end + 1;
    }
    Ok(found)
}

fn search_file(path: &str, needle: &[u8], options: &Options, out: &mut impl Write) -> Result<u64> {
    let found = match MmapOptions::new().map(path) {
        Ok(map) => search(&map, needle, options, out)?,
        Err(error) if error_code(&error) == Some(ErrorCode::EmptyFile) => 0, // It has no lines.
        Err(error) => return Err(error),
    };
    if options.count {
        writeln!(out, "{}{found}", options.prefix)?;
    }
    Ok(found)
}

/// The exit code.
fn run() -> u8 {
    let mut options = Options { count: false, numbers: false, prefix: String::new() };
    let mut words = std::env::args().skip(1).peekable();
    while let Some(word) = words.next_if(|word| word.len() > 1 && word.starts_with('-')) {
        if word == "--" {
            break;
        }
        for letter in word.chars().skip(1) {
            match letter {
                'c' => options.count = true,
                'n' => options.numbers = true,
                _ => {
                    eprintln!("mgrep: unknown option -{letter}");
                    return 2;
                }
            }
        }
    }
    let needle = words.next().filter(|needle| !needle.contains('\n'));
    let paths: Vec<String> = words.collect();
    let (Some(needle), false) = (needle, paths.is_empty()) else {
        eprintln!("usage: mgrep [-c] [-n] TEXT FILE...   (TEXT is one line)");
        return 2;
    };
    let mut out = BufWriter::new(stdout());
    let (mut any, mut failed) = (false, false);
    for path in &paths {
        if paths.len() > 1 {
            options.prefix = format!("{path}:");
        }
        match search_file(path, needle.as_bytes(), &options, &mut out) {
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
