//! `host/wasmtime/src/core.rs`, the only code of the crate that calls the core, on a core in Rust. Miri sees what neither
//! does: calls on one mapping or span that overlap, and memory that is used after it was given back.
#![cfg(test)]

#[allow(dead_code, clippy::all, clippy::pedantic)]
#[path = "../../../host/wasmtime/src/core.rs"]
mod core;
mod ffi;
#[allow(dead_code, deprecated, reason = "nightly has a new name for fetch_update")]
#[path = "../../../host/wasmtime/src/limits.rs"]
mod limits;
mod tests;

/// What the crate generates of the contract.
mod generated {
    pub mod wasi_mmap {
        pub mod mmap {
            pub mod mapping {
                #[derive(Clone, Copy, Debug, PartialEq)]
                pub enum Access {
                    Read,
                    Write,
                    Copy,
                }
                #[derive(Clone, Copy)]
                #[allow(dead_code)]
                pub enum Advice {
                    Normal,
                    Random,
                    Sequential,
                    WillNeed,
                    DontNeed,
                }
                #[derive(Clone, Copy, PartialEq)]
                #[allow(dead_code)]
                pub enum Sharing {
                    Shared,
                    Private,
                }
                #[derive(Clone, Copy, Debug, PartialEq)]
                #[allow(dead_code)]
                pub enum ErrorCode {
                    AccessDenied,
                    BadDescriptor,
                    EmptyFile,
                    PastEnd,
                    InvalidArgument,
                    ReadOnly,
                    OutOfRange,
                    NotResizable,
                    Busy,
                    Fault,
                    NoMemory,
                    NoSpace,
                    Unsupported,
                    Io,
                }
                #[derive(Clone, Copy)]
                pub struct Protection(u32);
                impl Protection {
                    pub const READ: Self = Self(1);
                    pub const WRITE: Self = Self(2);
                    pub const EXECUTE: Self = Self(4);
                    pub fn contains(self, other: Self) -> bool {
                        self.0 & other.0 == other.0
                    }
                }
            }
        }
    }
}

type Outcome<R> = Result<R, generated::wasi_mmap::mmap::mapping::ErrorCode>;
