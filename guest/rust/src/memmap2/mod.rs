//! Maps that deref to slices, with the names and the meaning of the crate [`memmap2`](https://docs.rs/memmap2/0.9).
//!
//! Where the host has spans, a map is pages of the file inside the memory of the program: loads and stores are those of the
//! file. Elsewhere, as on the polyfill, a map is a copy: the file is read when it is mapped, and `flush` and the drop of
//! a shared map store what was changed. A program behaves the same in both cases, as long as it does not rely on
//!
//! - seeing changes that others, or this program by other means, make to the file while it is mapped;
//! - others seeing a change before `flush`, `flush_async` or the drop of the map (a map that is never dropped, as in a
//!   `static`, is never stored);
//! - a length past the end of the file, which is `past-end` in a copy.
//!
//! A copy stores only the bytes that were changed, so changes of others elsewhere stay. (Where several changes lie within
//! 64 KiB, the bytes between them are read again right before.) [`Mmap::is_span`] tells the two cases apart.
//!
//! ```no_run
//! use wasi_mmap::memmap2::{Mmap, MmapOptions, Wasi};
//!
//! # fn main() -> std::io::Result<()> {
//! // SAFETY: nobody changes the file meanwhile.
//! let text = unsafe { Mmap::map(Wasi("server.log"))? };
//! println!("{} lines", text.iter().filter(|byte| **byte == b'\n').count());
//!
//! // SAFETY: this program alone uses the file.
//! let mut head = unsafe { MmapOptions::new().len(8).map_mut(Wasi("data.bin"))? };
//! head.copy_from_slice(b"version2");
//! head.flush()?;
//! # Ok(())
//! # }
//! ```
//!
//! With the feature `std-file` every type with a file descriptor can be mapped, as in `memmap2`: `Mmap::map(&file)`. A crate
//! that uses `memmap2` builds unchanged with `guest/rust/memmap2` in its place.
//!
//! # Safety
//!
//! The functions that make references to a file's bytes are `unsafe` for the same reason as in `memmap2`: Rust assumes that
//! bytes behind `&[u8]` do not change and that nobody else changes those behind `&mut [u8]`, but others can open the file.
//! The caller promises that no program, this one included, changes or truncates the file while references into the map are
//! used. (A copy cannot break this promise.)
//!
//! This module ensures that a span lies in memory of its own: the region is a whole allocation with nothing else in it; the
//! compiler learns nothing about its bytes before the host has attached the file; and it returns to the allocator only
//! after the host has detached the file, when the map is dropped. A forgotten map keeps both.
//!
//! # What is different from `memmap2`
//!
//! - A load past the end of a truncated file gives zeros, where a native program gets `SIGBUS`, and a store there is lost:
//!   [`Mmap::faulted`] is true from then on. A copy keeps its bytes, and `flush` is `fault`.
//! - Memory cannot be executed: `map_exec` and `make_exec` are `unsupported`.
//! - [`Mmap::make_mut`] of a map for reading needs the file to be open still, for writing: a native map remembers it. After
//!   [`MmapMut::make_read_only`] pages are not protected: only the type forbids stores.
//! - `remap` to a length that needs another place needs the file to be open still, under the same file descriptor.
//! - What has no file descriptor, a path or a descriptor in [`Wasi`], is not found again: there `make_mut` of a map for reading
//!   is `read-only`, and `remap` to another place `unsupported`.
//! - `lock` is `unsupported` for copies, for private changes and for memory without a file.
//! - The advice about huge and mergeable pages, `HwPoison` and `Remove` is not supported, as by a kernel without them.
//! - A program has at most 4 GiB of memory, and a map takes its length of it, in multiples of 64 KiB in spans.
//!
//! The interface is that of `memmap2` on Linux, item by item. Crates for its older lines, 0.5 to 0.8, lie beside
//! `guest/rust/memmap2`.

#![allow(clippy::needless_pass_by_value)] // The signatures are memmap2's.

mod advice;
mod copied;
#[doc(hidden)]
pub mod inner;
#[doc(hidden)]
pub mod length;
#[doc(hidden)]
pub mod madvise;
mod maps;
mod memory;
mod options;
mod origin;
mod pages;
mod remap;
mod source;
mod span;
mod unchecked;

pub use advice::{Advice, UncheckedAdvice};
pub use maps::{Mmap, MmapMut, MmapRaw, RemapOptions};
pub use options::{MapIfSafeError, MmapOptions};
pub use source::{MmapAsRawDesc, MmapRawDescriptor, Wasi};
