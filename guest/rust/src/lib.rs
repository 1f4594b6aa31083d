//! Memory-mapped files for WebAssembly components, over the interface `wasi-mmap:mmap` (`wit/mmap.wit`).
//!
//! One access, read, write or copy, has the same meaning on every host: a native host maps the file with the operating
//! system, and elsewhere a polyfill gives the same results.
//!
//! ```no_run
//! use std::io::{BufRead, Write};
//! use wasi_mmap::MmapOptions;
//!
//! # fn main() -> std::io::Result<()> {
//! let mut log = MmapOptions::new().map("server.log")?; // for reading
//! if let Some(at) = log.rfind(b"ERROR", ..)? {
//!     log.seek_to(at)?;
//!     let mut line = String::new();
//!     log.read_line(&mut line)?;
//! }
//!
//! let data = MmapOptions::new().offset(4096).len(512).map_mut("data.bin")?; // changes reach the file
//! data.write_all_at(b"new", 10)?;
//! data.flush()?;
//! # Ok(())
//! # }
//! ```
//!
//! A [`Mapping`] is a file with a cursor ([`Read`](std::io::Read), [`Write`](std::io::Write),
//! [`Seek`](std::io::Seek), [`BufRead`](std::io::BufRead)), and has the same operations at any offset
//! ([`Mapping::read_exact_at`], [`Mapping::write_all_at`]). It does not deref to a slice: the bytes are in the host's
//! memory, and each access copies them, at the speed of memory.
//!
//! The module [`memmap2`] has the types of the crate of that name, which deref to slices: the file is mapped into the
//! program's own memory where the host has spans, and copied elsewhere.
//!
//! Every error is a [`std::io::Error`]; [`error_code`] returns the contract's code in it.
//!
//! Build for `wasm32-wasip2`. The features `p2`, the default, and `p3` are the generations of WASI whose descriptors can be
//! mapped; a program can have both.

#[cfg(not(any(feature = "p2", feature = "p3")))]
compile_error!("wasi-mmap needs the feature p2 or p3: the generation of WASI");

mod bindings;
mod error;
mod exit;
#[cfg(feature = "std-file")]
mod fd;
mod file;
mod fill;
mod find;
mod generation;
mod mapping;
pub mod memmap2;
mod options;
#[cfg(feature = "p2")]
mod p2;
#[cfg(feature = "p3")]
pub mod p3;

pub use bindings::{Access, Advice, ErrorCode, Protection, Sharing};
pub use error::error_code;
pub use exit::exit;
pub use file::Source;
pub use mapping::Mapping;
pub use options::MmapOptions;
#[cfg(feature = "p2")]
pub use p2::open;
#[cfg(feature = "p2")]
pub use wasip2::filesystem::types::Descriptor;

/// Compiles the examples of the README.
#[cfg(all(doctest, feature = "p3"))]
#[doc = include_str!("../README.md")]
struct Readme;
