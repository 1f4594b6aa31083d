//! The parts of the tests that WASI lacks.

#[cfg(test)]
extern crate self as tempfile;

#[cfg(test)]
mod edges;

/// The tests of memmap2, as published.
#[cfg(test)]
#[path = "../../../../../build/crates/memmap2-0.9.12/test/map.rs"]
#[rustfmt::skip]
mod map;

#[cfg(test)]
use memmap2::{Mmap, MmapMut, MmapOptions};

/// The crate `tempfile`, of which these tests need one function: `std::env::temp_dir` panics on WASI.
#[cfg(test)]
pub struct TempDir(std::path::PathBuf);

#[cfg(test)]
pub fn tempdir() -> std::io::Result<TempDir> {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let path = format!("/{}", COUNT.fetch_add(1, Ordering::Relaxed));
    std::fs::create_dir(&path)?;
    Ok(TempDir(path.into()))
}

#[cfg(test)]
impl TempDir {
    pub fn path(&self) -> &std::path::Path {
        &self.0
    }
}

#[cfg(test)]
impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
