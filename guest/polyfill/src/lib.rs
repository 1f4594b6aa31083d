//! The contract `wasi-mmap:mmap` as a component over `wasi:filesystem` alone, for hosts that have no native mapping.
//!
//! It answers as a native host does, with positional reads and writes of the file: what is read or written through a
//! shared mapping goes straight to the file, what is changed in a private one is kept in pages of its own. What it
//! cannot do alike is said in README.md.
//!
//! A borrowed descriptor ends with the call, and WASI 0.2 cannot duplicate one. So the component stands between the
//! guest and `wasi:filesystem` ([`filesystem`]): the guest's descriptors are its own, with a count of those who need
//! them, and a mapping ([`mapping`]) keeps its file after the guest has dropped the descriptor.
//!
//! It needs no C library. Sizes that a guest names are never trusted with memory: allocations that depend on them may
//! fail, and are then `no-memory`.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod bindings {
    #![allow(missing_docs, clippy::pedantic, clippy::undocumented_unsafe_blocks)]
    wit_bindgen::generate!({
        path: ["../../wit", "wit"],
        world: "wasi-mmap:polyfill/polyfill",
        generate_all,
        merge_structurally_equal_types: true,
    });
    #[cfg(target_arch = "wasm32")]
    export!(Polyfill with_types_in self);
    #[cfg(target_arch = "wasm32")]
    use super::Polyfill;
}

mod contract;
mod file;
mod filesystem;
mod mapping;
mod pages;
mod search;
mod span;
#[cfg(test)]
mod tests;

/// Implements the exported interfaces.
struct Polyfill;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// Nothing panics on purpose; if something does, the guest traps.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
