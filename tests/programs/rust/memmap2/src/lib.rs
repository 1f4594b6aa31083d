//! The parts of the tests that WASI lacks.

#[cfg(test)]
extern crate self as tempfile;

#[cfg(test)]
mod edges;

#[cfg(test)]
mod older;

#[cfg(test)]
mod portable;

/// The tests of memmap2, as published for Linux.
#[cfg(test)]
#[path = "../../../../../build/crates/tests-0.9.12.rs"]
#[rustfmt::skip]
#[allow(dead_code)]
mod map;

#[cfg(test)]
use memmap2::{Mmap, MmapMut, MmapOptions, RemapOptions, UncheckedAdvice};

#[cfg(test)]
mod advice {
    pub use memmap2::Advice;
}

/// The crate `tempfile`, of which these tests need two functions: `std::env::temp_dir` panics on WASI.
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
pub fn tempfile() -> std::io::Result<std::fs::File> {
    static FOLDERS: std::sync::Mutex<Vec<TempDir>> = std::sync::Mutex::new(Vec::new());
    let folder = tempdir()?;
    let path = folder.path().join("file");
    FOLDERS.lock().unwrap().push(folder);
    std::fs::OpenOptions::new().read(true).write(true).create_new(true).open(path)
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
