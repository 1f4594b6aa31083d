//! The crate `memmap2` for `wasm32-wasip2`: put it in the place of the one of this name, and crates that use that are built
//! as they are.
//!
//! ```toml
//! [patch.crates-io]
//! memmap2 = { path = "wasi-mmap/guest/rust/memmap2" }
//! ```
//!
//! See [`wasi_mmap::memmap2`].

pub use wasi_mmap::memmap2::*;
