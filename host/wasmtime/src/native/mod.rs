//! The core's mappings, spans and memories as safe types: the only code that calls the core.

mod mapping;
#[cfg(not(target_os = "linux"))]
mod memory;
mod span;
mod status;

pub use mapping::{Budget, Found, Mapping, Request, Rights};
#[cfg(not(target_os = "linux"))]
pub use memory::Memory;
#[cfg(target_os = "linux")]
pub use span::let_children_inherit_guests;
pub use span::{forget, span_granularity, Region, Span};

use crate::ffi;

/// Counts the mappings in the process, and what holds their pages: for tests that look for leaks.
pub fn live_regions() -> usize {
    // SAFETY: it reads a counter.
    unsafe { ffi::wmcore_live_regions() }
}

/// Counts the spans that ended with lost pages without a call that reported them.
pub fn unnoticed_faults() -> usize {
    // SAFETY: it reads a counter.
    unsafe { ffi::wmcore_unnoticed_faults() }
}
