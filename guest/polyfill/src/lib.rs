//! The contract `wasi-mmap:mmap` as a component over `wasi:filesystem` alone, for hosts without a native mapping.
//!
//! It behaves as a native host does, with positional reads and writes of the file: reads and writes of a shared mapping
//! go straight to the file, and changes of a private one are kept in its own pages. README.md lists the differences.
//!
//! A borrowed descriptor ends with the call, and WASI 0.2 cannot duplicate one. So the component stands between the guest
//! and `wasi:filesystem` (`exports/filesystem.rs`): it gives the guest its own descriptors, which count their users, and a
//! mapping (`mapping.rs`) keeps its file after the guest has dropped the descriptor.
//!
//! It needs no C library. Allocations whose size a guest chooses may fail, and then the operation is `no-memory`.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod bindings;
mod exports;
mod file;
mod mapping;
mod pages;
mod search;
#[cfg(test)]
mod tests;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// A panic is a defect of this component. The guest then traps.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
