//! The types and traits of the imported and exported interfaces, generated from their WIT.

#![allow(missing_docs, clippy::pedantic, clippy::undocumented_unsafe_blocks)]

/// Implements the exported interfaces.
pub struct Polyfill;

#[cfg(not(feature = "fused"))]
wit_bindgen::generate!({
    path: ["../../wit", "wit"],
    world: "wasi-mmap:polyfill/composed",
    generate_all,
    merge_structurally_equal_types: true,
});

// The same interfaces, with lists that are not copied: see build.sh.
#[cfg(feature = "fused")]
wit_bindgen::generate!({
    path: "../../build/fused-wit",
    world: "wasi-mmap:polyfill/fused",
    generate_all,
    merge_structurally_equal_types: true,
});

#[cfg(target_arch = "wasm32")]
export!(Polyfill with_types_in self);
