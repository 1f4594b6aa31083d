//! The contract `wasi-mmap:mmap` over `wasi:filesystem` alone, for hosts without a native mapping.
//!
//! It behaves as a native host does, with positional reads and writes of the file: reads and writes of a shared mapping
//! go straight to the file, and changes of a private one are kept in its own pages. README.md lists the differences.
//!
//! The rules (`mapping.rs` and what it uses) stand once, for two forms. A borrowed descriptor ends with the call, and WASI 0.2
//! cannot duplicate one, so each form has a way to keep the file of a mapping after the guest has dropped the descriptor:
//!
//! - `composed`: a component between the guest and `wasi:filesystem`. It gives the guest its own descriptors, which count their
//!   users.
//! - `fused`: a core module inside the guest's own component. Both have the same descriptors; a drop by the guest is put off.
//!
//! It needs no C library. Allocations whose size a guest chooses may fail, and then the operation is `no-memory`.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod bindings;
mod exports;
mod file;
#[cfg(not(feature = "fused"))]
#[path = "composed/mod.rs"]
mod form;
#[cfg(feature = "fused")]
#[path = "fused/mod.rs"]
mod form;
mod host;
mod mapping;
mod pages;
mod places;
mod search;
#[cfg(all(test, not(feature = "fused")))]
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
