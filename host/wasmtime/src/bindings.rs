//! The types of the contract, generated from `wit/mmap.wit`.
//!
//! Its functions are linked by hand, in `linker.rs`: bindgen copies every list, and defines all functions of an interface or
//! none, while `read`, `write`, `find`, `rfind` and `attach` work on lists where they lie.

mod generated {
    #![allow(missing_docs, dead_code, clippy::pedantic)]
    wasmtime::component::bindgen!({
        path: "wit",
        world: "host",
        with: { "wasi": wasmtime_wasi::p2::bindings::sync },
    });
}

pub use generated::wasi_mmap::mmap::mapping::{Access, Advice, ErrorCode, Protection, Sharing};

pub const MAPPING_INTERFACE: &str = "wasi-mmap:mmap/mapping@0.2.0";
pub const SPAN_INTERFACE: &str = "wasi-mmap:mmap/span@0.2.0";

/// The result of an operation of the contract.
pub type Outcome<R> = Result<R, ErrorCode>;
