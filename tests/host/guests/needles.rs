//! The steps of `needles.c`, for the library for Rust.

use std::fs::OpenOptions;
use std::io::Result;
use wasi_mmap::{error_code, Mapping, MmapOptions};

fn take(map: &Mapping, numbers: &[u64]) -> Result<Vec<u8>> {
    map.read_vec_at(numbers[0], numbers[1])
}

/// Prints what a search finds.
fn look(map: &Mapping, word: &str, needle: &[u8], start: u64, end: u64) -> Result<()> {
    let found = if word == "find" { map.find(needle, start..end)? } else { map.rfind(needle, start..end)? };
    match found {
        Some(position) => println!("{position}"),
        None => println!("none"),
    }
    Ok(())
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let map = MmapOptions::new().map(&words[1]).expect("a file");
    let mut kept = Vec::new();
    for step in &words[2..] {
        let parts: Vec<&str> = step.split(':').collect();
        let numbers: Vec<u64> = parts[1..].iter().map(|part| part.parse().unwrap_or(u64::MAX)).collect();
        let done = match parts[0] {
            "cut" => OpenOptions::new().write(true).open(&words[1]).and_then(|file| file.set_len(numbers[0])),
            "keep" => take(&map, &numbers).map(|bytes| kept = bytes),
            word if parts[1] == "-" => look(&map, word, &kept, numbers[2], numbers[3]),
            word => take(&map, &numbers).and_then(|needle| look(&map, word, &needle, numbers[2], numbers[3])),
        };
        if let Err(error) = done {
            println!("{}", error_code(&error).map_or("another error", |code| code.name()));
        }
    }
}
