//! What the examples mgrep and `mgrep_p3` have in common: they map files, and let the host search.

use std::io::{Result, Write};

use wasi_mmap::{error_code, ErrorCode, Mapping, MmapOptions, Source};

const CHUNK: usize = 64 * 1024;

#[derive(Default)]
pub struct Options {
    count: bool,
    numbers: bool,
    needle: String,
    pub paths: Vec<String>,
}

/// The pieces of a range, each as a list.
fn chunks(map: &Mapping, start: u64, end: u64) -> impl Iterator<Item = Result<Vec<u8>>> + '_ {
    let starts = (start..end).step_by(CHUNK);
    starts.map(move |at| map.read_vec_at(at, (CHUNK as u64).min(end - at)))
}

impl Options {
    /// Takes the words after the program's name. An error is what to print.
    pub fn parse(words: impl IntoIterator<Item = String>) -> std::result::Result<Self, String> {
        let mut options = Self::default();
        let mut words = words.into_iter().peekable();
        while let Some(word) = words.next_if(|word| word.len() > 1 && word.starts_with('-')) {
            if word == "--" {
                break;
            }
            for letter in word.chars().skip(1) {
                match letter {
                    'c' => options.count = true,
                    'n' => options.numbers = true,
                    _ => return Err(format!("mgrep: unknown option -{letter}")),
                }
            }
        }
        let needle = words.next().filter(|needle| !needle.contains('\n'));
        options.paths = words.collect();
        let (Some(needle), false) = (needle, options.paths.is_empty()) else {
            return Err("usage: mgrep [-c] [-n] TEXT FILE...   (TEXT is one line)".into());
        };
        options.needle = needle;
        Ok(options)
    }

    /// Prints what is asked for of one file, and tells how many lines were found.
    fn search(&self, map: &Mapping, prefix: &str, out: &mut impl Write) -> Result<u64> {
        let size = map.len();
        let (mut start, mut line, mut found) = (0, 1, 0);
        while start < size {
            let Some(hit) = map.find(self.needle.as_bytes(), start..)? else { break };
            let end = map.find(b"\n", hit..)?.unwrap_or(size);
            found += 1;
            if !self.count {
                let first = map.rfind(b"\n", start..hit)?.map_or(start, |newline| newline + 1);
                write!(out, "{prefix}")?;
                if self.numbers {
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

    /// Does so for a file, and prints its name too if there are several.
    pub fn search_file(&self, path: &str, file: &(impl Source + ?Sized), out: &mut impl Write) -> Result<u64> {
        let prefix = if self.paths.len() > 1 { format!("{path}:") } else { String::new() };
        let found = match MmapOptions::new().map(file) {
            Ok(map) => self.search(&map, &prefix, out)?,
            Err(error) if error_code(&error) == Some(ErrorCode::EmptyFile) => 0, // It has no lines.
            Err(error) => return Err(error),
        };
        if self.count {
            writeln!(out, "{prefix}{found}")?;
        }
        Ok(found)
    }
}
