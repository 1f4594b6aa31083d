//! `growing FILE read|write|copy MIB...`: maps a file anew in each of these sizes, and allocates in between, as programs do whose
//! file grows. Prints each size, then how large memory was at the end.

use wasi_mmap::memmap2::{MmapOptions, Wasi};

/// Stores into the last byte, and returns what it then holds.
fn mark(map: &mut [u8]) -> u8 {
    let last = map.len() - 1;
    map[last] = b'x';
    map[last]
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let mut kept = Vec::new();
    for (at, word) in words[3..].iter().enumerate() {
        let mut options = MmapOptions::new();
        options.len(word.parse::<usize>().expect("a size") << 20);
        let file = Wasi(words[1].as_str());
        // SAFETY: nobody else changes the file meanwhile.
        let last = unsafe {
            match words[2].as_str() {
                "read" => options.map(file).map(|map| map[map.len() - 1]),
                "write" => options.map_mut(file).map(|mut map| mark(&mut map)),
                _ => options.map_copy(file).map(|mut map| mark(&mut map)),
            }
        };
        match last {
            Ok(last) => println!("{word} MiB: {last}"),
            Err(error) => println!("{word} MiB: {error}"),
        }
        kept.push(std::hint::black_box(vec![1_u8; 1000 * (at + 1)]));
    }
    #[cfg(target_arch = "wasm32")]
    println!("memory: {} MiB", core::arch::wasm32::memory_size::<0>() / 16);
}
