//! The crate `memmap2` for `wasm32-wasip2`, in the versions 0.5 to 0.7. The sources are those of the module
//! `wasi_mmap::memmap2`; only the type of advice is another.
//!
//! ```toml
//! [patch.crates-io]
//! memmap2-old = { package = "memmap2", path = "wasi-mmap/guest/rust/memmap2/0.7" }
//! ```

#![allow(rustdoc::broken_intra_doc_links)] // They name places in the module.
#![allow(clippy::needless_pass_by_value)] // The signatures are memmap2's.

mod advice;
#[path = "../../../src/memmap2/maps.rs"]
mod maps;
#[path = "../../../src/memmap2/options.rs"]
mod options;

use wasi_mmap::memmap2::{inner, length};

pub use advice::Advice;
pub use maps::{Mmap, MmapMut, MmapRaw, RemapOptions};
pub use options::MmapOptions;
pub use wasi_mmap::memmap2::{MmapAsRawDesc, MmapRawDescriptor, Wasi};
