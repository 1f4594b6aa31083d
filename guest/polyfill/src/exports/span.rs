//! The interface `wasi-mmap:mmap/span`, without spans: they take a host that puts pages under the guest's memory.

use crate::bindings::exports::wasi_mmap::mmap::mapping::MappingBorrow;
use crate::bindings::exports::wasi_mmap::mmap::span::{Advice, ErrorCode, Guest, GuestSpan, Span};
use crate::bindings::Polyfill;
use crate::form::List;
use crate::mapping::Outcome;

/// The resource `span`, of which there is none.
pub enum Nothing {}

impl Guest for Polyfill {
    type Span = Nothing;

    fn granularity() -> Option<u32> {
        None
    }

    fn attach(_: MappingBorrow<'_>, _: u64, _: List) -> Outcome<Span> {
        Err(ErrorCode::Unsupported)
    }
}

impl GuestSpan for Nothing {
    fn flush(&self, _: u64, _: u64) -> Outcome<()> {
        match *self {}
    }

    fn advise(&self, _: u64, _: u64, _: Advice) -> Outcome<()> {
        match *self {}
    }

    fn faulted(&self) -> bool {
        match *self {}
    }
}
