//! Finds a program in Rust whose crate memmap2 is the published one, which cannot map files in WASI.

use crate::options::printable;
use crate::run::base_name;

/// A text of memmap2, from 0.5 on. The crates that take its place put it together when they need it.
const WORDS: &[u8] = b"memory map length overflows isize";

/// Warns of it. Cargo only warns that a replacement "was not used in the crate graph", where `Cargo.lock` holds an older
/// version.
pub fn warn_of_memmap2(path: &str, component: &[u8]) {
    if memchr::memmem::find(component, WORDS).is_none() {
        return;
    }
    let name = base_name(path);
    let warning = format!(
        "wasi-mmap: {name} has the crate memmap2 as published, whose maps fail in WASI: \
         replace it by guest/rust/memmap2, and run \"cargo update -p memmap2\""
    );
    eprintln!("{}", printable(&warning));
}
