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

/// The names of the interfaces in a generation of WASI. All else is the same: `wasmtime_wasi` has one type of descriptor.
#[derive(Clone, Copy)]
pub struct Generation {
    pub mapping: &'static str,
    pub span: &'static str,
}

pub const WASI_0_2: Generation =
    Generation { mapping: "wasi-mmap:mmap/mapping@0.2.0", span: "wasi-mmap:mmap/span@0.2.0" };
#[cfg(feature = "p3")]
pub const WASI_0_3: Generation =
    Generation { mapping: "wasi-mmap:mmap/mapping@0.3.0", span: "wasi-mmap:mmap/span@0.3.0" };

/// The result of an operation of the contract.
pub type Outcome<R> = Result<R, ErrorCode>;
