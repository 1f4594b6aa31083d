//! `std_file FILE`: maps a `std::fs::File` that is open for reading and writing, after its path is gone.

use std::fs::{remove_file, OpenOptions};
use std::io::Result;

use wasi_mmap::MmapOptions;

fn main() -> Result<()> {
    let path = std::env::args().nth(1).expect("a file");
    let file = OpenOptions::new().read(true).write(true).open(&path)?;
    remove_file(&path)?;
    let map = MmapOptions::new().map_mut(&file)?;
    drop(file);
    map.write_all_at(b"mapped", 0)?;
    println!("{}", String::from_utf8_lossy(&map.read_vec_at(0, map.len())?));
    Ok(())
}
