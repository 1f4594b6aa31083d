//! `large FILE`: maps a file of 1 GiB into memory, and reads and writes 200 MiB of it at a time.

use wasi_mmap::memmap2::{Mmap, Wasi};
use wasi_mmap::{error_code, MmapOptions};

const LONG: usize = 200 << 20;

fn main() -> std::io::Result<()> {
    let path = std::env::args().nth(1).expect("a file");
    let mapping = MmapOptions::new().map_mut(&path)?;
    let mut bytes = mapping.read_vec_at(0, LONG as u64)?;
    println!("read {} bytes, the first is {}", bytes.len(), char::from(bytes[0]));
    let marks = [0, (16 << 20) - 1, 16 << 20, LONG - 1];
    for at in marks {
        bytes[at] = b'L';
    }
    mapping.write_all_at(&bytes, 0)?;
    let end = mapping.len() - LONG as u64;
    for at in [end + 1, u64::MAX] {
        let refused = mapping.write_all_at(&bytes, at).expect_err("past the end");
        let not_read = mapping.read_vec_at(at, LONG as u64).expect_err("past the end");
        for error in [refused, not_read] {
            println!("past the end: {}", error_code(&error).map_or("another error", |code| code.name()));
        }
    }
    let mut byte = [0xff];
    mapping.read_exact_at(&mut byte, end + 1)?;
    println!("where the refused write began: {byte:?}");
    // SAFETY: nobody changes the file meanwhile.
    let map = unsafe { Mmap::map(Wasi(path.as_str())) }?;
    println!("mapped {} bytes, stored: {}", map.len(), marks.iter().filter(|at| map[**at] == b'L').count());
    println!("the last: {}", map[map.len() - 1]);
    Ok(())
}
