//! Maps /text into memory with the API of memmap2, COUNT times, and looks at its first and last byte: `maps COUNT`.

use wasi_mmap::memmap2::{Mmap, Wasi};

fn main() {
    let count: u32 = std::env::args().nth(1).and_then(|word| word.parse().ok()).expect("a count");
    let mut sum = 0_u64;
    for _ in 0..count {
        // SAFETY: nobody changes the file meanwhile.
        let map = unsafe { Mmap::map(Wasi("/text")) }.expect("a map");
        sum += u64::from(map[0]) + u64::from(map[map.len() - 1]);
    }
    println!("{sum}");
}
