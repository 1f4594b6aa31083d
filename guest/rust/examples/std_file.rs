//! `std_file FILE...`: maps each `std::fs::File`, which is open for reading and writing, after its path is gone.

use std::fs::{remove_file, OpenOptions};
use std::io::Result;

use wasi_mmap::MmapOptions;

fn main() -> Result<()> {
    for path in std::env::args().skip(1) {
        let file = OpenOptions::new().read(true).write(true).open(&path)?;
        remove_file(&path)?;
        let map = MmapOptions::new().map_mut(&file)?;
        drop(file);
        map.write_all_at(b"mapped", 0)?;
        println!("{}", String::from_utf8_lossy(&map.read_vec_at(0, map.len())?));
    }
    Ok(())
}
