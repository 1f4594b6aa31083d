//! The generations of WASI: what a descriptor, a mapping and a span of each can do, under one name.
//!
//! With one feature, `p2` or `p3`, mappings and spans are its types. With both they are boxes with a table of functions: a
//! program then imports the interfaces of a generation only if it maps a descriptor of it, and spans only if it uses them.

#[macro_use]
mod implementation;

use std::fmt::Debug;
use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::{Access, Advice, ErrorCode, Protection, Sharing};

type Result<T> = std::result::Result<T, ErrorCode>;

/// A descriptor of `wasi:filesystem`. Other crates cannot name this trait, so that there are no others.
pub trait File {
    fn mmap(&self, length: u64, access: Access, offset: u64) -> Result<AnyMapping>;
    fn mmap_posix(&self, length: u64, sharing: Sharing, protection: Protection, offset: u64) -> Result<AnyMapping>;

    /// The size in bytes.
    fn size(&self) -> std::io::Result<u64>;

    /// What tells that a descriptor still is of this file.
    fn identity(&self) -> Option<u64>;

    /// The alignment of regions and offsets in bytes; none where the host has no spans.
    fn granularity() -> Option<u32>;

    /// Attaches a part of a mapping to a region.
    ///
    /// # Safety
    ///
    /// The mapping is of such a descriptor. The caller has allocated the region, nobody else uses it, and it is not freed
    /// before the span is dropped.
    unsafe fn attach(mapping: &AnyMapping, offset: u64, region: *mut u8, length: usize) -> Result<AnySpan>;
}

/// The resource `mapping` of the contract.
#[cfg_attr(not(all(feature = "p2", feature = "p3")), allow(dead_code))] // Then the type's own functions are called.
pub trait Mapping: Debug + Send + Sync + UnwindSafe + RefUnwindSafe {
    fn handle(&self) -> u32;
    fn length(&self) -> u64;
    fn access(&self) -> Access;
    fn file_size(&self) -> Result<u64>;
    fn read(&self, offset: u64, length: u64) -> Result<Vec<u8>>;
    fn write(&self, offset: u64, bytes: &[u8]) -> Result<()>;
    fn move_(&self, destination: u64, source: u64, length: u64) -> Result<()>;
    fn find(&self, needle: &[u8], start: u64, end: u64) -> Result<Option<u64>>;
    fn rfind(&self, needle: &[u8], start: u64, end: u64) -> Result<Option<u64>>;
    fn flush(&self, offset: u64, length: u64) -> Result<()>;
    fn start_flush(&self, offset: u64, length: u64) -> Result<()>;
    fn resize(&self, length: u64) -> Result<()>;
    fn advise(&self, offset: u64, length: u64, advice: Advice) -> Result<()>;
    fn populate(&self, offset: u64, length: u64) -> Result<()>;
    fn resident(&self, offset: u64, length: u64) -> Result<u64>;
    fn mlock(&self) -> Result<()>;
    fn munlock(&self) -> Result<()>;

    /// See [`raw_read`].
    unsafe fn raw_read(&self, offset: u64, length: u64, result: *mut u8);
}

/// The resource `span` of the contract.
#[cfg_attr(not(all(feature = "p2", feature = "p3")), allow(dead_code))]
pub trait Span {
    fn faulted(&self) -> bool;
    fn flush(&self, offset: u64, length: u64) -> Result<()>;
    fn advise(&self, offset: u64, length: u64, advice: Advice) -> Result<()>;
}

#[cfg(all(feature = "p2", feature = "p3"))]
mod any {
    pub type AnyMapping = Box<dyn super::Mapping>;
    pub type AnySpan = Box<dyn super::Span>;

    pub fn mapping(mapping: impl super::Mapping + 'static) -> AnyMapping {
        Box::new(mapping)
    }

    pub fn span(span: impl super::Span + 'static) -> AnySpan {
        Box::new(span)
    }
}

#[cfg(all(feature = "p2", not(feature = "p3")))]
mod any {
    use crate::bindings::p2::wasi_mmap::mmap;
    pub use std::convert::{identity as mapping, identity as span};
    pub type AnyMapping = mmap::mapping::Mapping;
    pub type AnySpan = mmap::span::Span;
}

#[cfg(not(feature = "p2"))]
mod any {
    use crate::bindings::p3::wasi_mmap::mmap;
    pub use std::convert::{identity as mapping, identity as span};
    pub type AnyMapping = mmap::mapping::Mapping;
    pub type AnySpan = mmap::span::Span;
}

pub use any::{AnyMapping, AnySpan};

/// `mapping.read` in the canonical ABI. The generated function would allocate the list.
///
/// # Safety
///
/// `result` has room for `result<list<u8>, error-code>`.
pub unsafe fn raw_read(mapping: &AnyMapping, offset: u64, length: u64, result: *mut u8) {
    // SAFETY: the caller's.
    unsafe { mapping.raw_read(offset, length, result) }
}

#[cfg(feature = "p2")]
mod p2 {
    use wasip2::filesystem::types::Descriptor;

    implement!(p2, "wasi-mmap:mmap/mapping@0.2.0", "wasi-mmap:mmap/span@0.2.0");

    fn size(file: &Descriptor) -> std::io::Result<u64> {
        Ok(file.stat().map_err(crate::p2::to_io_error)?.size)
    }

    fn identity(file: &Descriptor) -> Option<u64> {
        // Hosts make it of the file's number on its device. (The other half may change with the time of the last change.)
        Some(file.metadata_hash().ok()?.lower)
    }
}

#[cfg(feature = "p3")]
mod p3 {
    use wasip3::filesystem::types::Descriptor;

    implement!(p3, "wasi-mmap:mmap/mapping@0.3.0", "wasi-mmap:mmap/span@0.3.0");

    /// `stat` is asynchronous there; a mapping is not.
    fn size(file: &Descriptor) -> std::io::Result<u64> {
        match file.mmap(0, crate::Access::Read, 0) {
            Ok(mapping) => Ok(mapping.file_size()?),
            Err(crate::ErrorCode::EmptyFile) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// `metadata-hash` is asynchronous there.
    fn identity(_file: &Descriptor) -> Option<u64> {
        None
    }
}

/// Maps memory without a file, in the generation that the features name first.
pub fn anonymous(length: u64, access: Access, offset: u64) -> Result<AnyMapping> {
    #[cfg(feature = "p2")]
    return p2::map(None, length, access, offset);
    #[cfg(not(feature = "p2"))]
    return p3::map(None, length, access, offset);
}
