//! The types and traits of the imported and exported interfaces, generated from their WIT.

#![allow(missing_docs, clippy::pedantic, clippy::undocumented_unsafe_blocks)]

/// Implements the exported interfaces.
pub struct Polyfill;

wit_bindgen::generate!({
    path: ["../../wit", "wit"],
    world: "wasi-mmap:polyfill/polyfill",
    generate_all,
    merge_structurally_equal_types: true,
});

#[cfg(target_arch = "wasm32")]
export!(Polyfill with_types_in self);
