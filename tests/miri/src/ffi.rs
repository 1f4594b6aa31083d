//! The part of the core that `native` needs, in Rust. It trusts every caller, so Miri catches a wrong one.
//!
//! Mappings and spans are plain memory: two calls on one at a time are a data race. Spans write into their region, which is
//! an error after its release.

use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};

pub type File = isize;
pub const NO_FILE: File = -1;
pub type Status = std::ffi::c_uint;
pub const NOT_FOUND: u64 = u64::MAX;

pub const OUT_OF_RANGE: Status = 7;
const FAULT: Status = 10;
const NO_MEMORY: Status = 11;

static LIVE: AtomicUsize = AtomicUsize::new(0);

pub struct Mapping {
    bytes: Vec<u8>,
    access: u32,
    budget: *mut Budget,
}

pub struct Span {
    region: *mut u8,
    length: usize,
    calls: usize,
}

pub struct Budget {
    most: usize,
    left: AtomicUsize,
    /// The least that was left.
    least: AtomicUsize,
    holders: AtomicUsize,
}

/// SAFETY of all functions below: pointers come from this file and are not released yet, unless the caller is wrong, and
/// then Miri reports it.
macro_rules! at {
    ($pointer:expr) => {
        // SAFETY: see above.
        unsafe { &mut *$pointer }
    };
}

/// The same for values that several threads use at a time.
macro_rules! shared {
    ($pointer:expr) => {
        // SAFETY: see above.
        unsafe { &*$pointer }
    };
}

fn outside(mapping: &Mapping, offset: u64, length: u64) -> bool {
    let size = mapping.bytes.len() as u64;
    offset > size || length > size - offset
}

fn index(value: u64) -> usize {
    usize::try_from(value).expect("an offset of a test")
}

pub unsafe fn wmcore_open(_: File, _: u32, length: u64, access: u32, _: u64, result: *mut *mut Mapping) -> Status {
    LIVE.fetch_add(1, Ordering::Relaxed);
    let mapping = Mapping { bytes: vec![0; index(length)], access, budget: std::ptr::null_mut() };
    *at!(result) = Box::into_raw(Box::new(mapping));
    0
}
pub unsafe fn wmcore_open_posix(
    file: File,
    rights: u32,
    length: u64,
    _: u32,
    _: u32,
    offset: u64,
    result: *mut *mut Mapping,
) -> Status {
    // SAFETY: the caller keeps the rules.
    unsafe { wmcore_open(file, rights, length, 1, offset, result) }
}
pub unsafe fn wmcore_budget_create(bytes: u64) -> *mut Budget {
    let most = usize::try_from(bytes).unwrap_or(usize::MAX);
    let [left, least] = [most, most].map(AtomicUsize::new);
    Box::into_raw(Box::new(Budget { most, left, least, holders: AtomicUsize::new(1) }))
}
pub unsafe fn wmcore_budget_used(budget: *const Budget) -> u64 {
    let budget = shared!(budget);
    (budget.most - budget.left.load(Ordering::Relaxed)) as u64
}
pub unsafe fn wmcore_budget_peak(budget: *const Budget) -> u64 {
    let budget = shared!(budget);
    (budget.most - budget.least.load(Ordering::Relaxed)) as u64
}
pub unsafe fn wmcore_budget_release(budget: *mut Budget) {
    if shared!(budget).holders.fetch_sub(1, Ordering::AcqRel) == 1 {
        // SAFETY: nobody else has it.
        drop(unsafe { Box::from_raw(budget) });
    }
}
#[allow(deprecated, reason = "nightly has a new name for fetch_update")]
pub unsafe fn wmcore_charge(mapping: *mut Mapping, budget: *mut Budget) -> Status {
    let (mapping, held) = (at!(mapping), shared!(budget));
    let take = |left: usize| left.checked_sub(mapping.bytes.len());
    let Ok(before) = held.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take) else { return NO_MEMORY };
    held.least.fetch_min(before - mapping.bytes.len(), Ordering::Relaxed);
    held.holders.fetch_add(1, Ordering::Relaxed);
    mapping.budget = budget;
    0
}
pub unsafe fn wmcore_close(mapping: *mut Mapping) {
    LIVE.fetch_sub(1, Ordering::Relaxed);
    // SAFETY: the caller keeps the rules.
    let mapping = unsafe { Box::from_raw(mapping) };
    if !mapping.budget.is_null() {
        shared!(mapping.budget).left.fetch_add(mapping.bytes.len(), Ordering::Relaxed);
        // SAFETY: the mapping held it.
        unsafe { wmcore_budget_release(mapping.budget) };
    }
}
pub unsafe fn wmcore_length(mapping: *const Mapping) -> u64 {
    at!(mapping.cast_mut()).bytes.len() as u64
}
pub unsafe fn wmcore_get_access(mapping: *const Mapping) -> u32 {
    at!(mapping.cast_mut()).access
}
pub unsafe fn wmcore_file_size(mapping: *const Mapping, size: *mut u64) -> Status {
    *at!(size) = at!(mapping.cast_mut()).bytes.len() as u64;
    0
}
pub unsafe fn wmcore_may_read(mapping: *const Mapping, offset: u64, length: u64) -> Status {
    if outside(at!(mapping.cast_mut()), offset, length) {
        OUT_OF_RANGE
    } else {
        0
    }
}
pub unsafe fn wmcore_read(mapping: *mut Mapping, offset: u64, length: u64, target: *mut c_void) -> Status {
    let mapping = at!(mapping);
    if outside(mapping, offset, length) {
        return OUT_OF_RANGE;
    }
    // SAFETY: the caller's word for the target, and the line above.
    unsafe { mapping.bytes.as_ptr().add(index(offset)).copy_to_nonoverlapping(target.cast(), index(length)) };
    0
}
pub unsafe fn wmcore_write(mapping: *mut Mapping, offset: u64, length: u64, source: *const c_void) -> Status {
    let mapping = at!(mapping);
    if outside(mapping, offset, length) {
        return OUT_OF_RANGE;
    }
    // SAFETY: as for `wmcore_read`.
    unsafe { mapping.bytes.as_mut_ptr().add(index(offset)).copy_from_nonoverlapping(source.cast(), index(length)) };
    0
}
pub unsafe fn wmcore_move_step(
    mapping: *mut Mapping,
    destination: *mut u64,
    source: *mut u64,
    length: *mut u64,
) -> Status {
    let (mapping, to, from, count) = (at!(mapping), *at!(destination), *at!(source), std::mem::take(at!(length)));
    if outside(mapping, to, count) || outside(mapping, from, count) {
        return OUT_OF_RANGE;
    }
    mapping.bytes.copy_within(index(from)..index(from + count), index(to));
    0
}
/// A step looks at one place.
pub unsafe fn wmcore_find_step(
    mapping: *mut Mapping,
    needle: *const c_void,
    needle_length: usize,
    start: *mut u64,
    end: u64,
    position: *mut u64,
    done: *mut bool,
) -> Status {
    let (mapping, start) = (at!(mapping), at!(start));
    // SAFETY: the caller keeps the rules.
    let needle = unsafe { std::slice::from_raw_parts(needle.cast::<u8>(), needle_length) };
    let end = end.min(mapping.bytes.len() as u64);
    *at!(position) = NOT_FOUND;
    *at!(done) = *start + needle_length as u64 > end;
    if !*at!(done) && mapping.bytes[index(*start)..].starts_with(needle) {
        (*at!(position), *at!(done)) = (*start, true);
    }
    *start += 1;
    0
}
pub unsafe fn wmcore_rfind_step(
    mapping: *mut Mapping,
    needle: *const c_void,
    needle_length: usize,
    start: u64,
    end: *mut u64,
    position: *mut u64,
    done: *mut bool,
) -> Status {
    let mut at = *at!(end) - needle_length as u64;
    *at!(end) -= 1;
    // SAFETY: the caller keeps the rules.
    let status = unsafe { wmcore_find_step(mapping, needle, needle_length, &raw mut at, u64::MAX, position, done) };
    *at!(done) |= *at!(end) < start + needle_length as u64;
    status
}
pub unsafe fn wmcore_flush(_: *mut Mapping, _: u64, _: u64) -> Status {
    0
}
pub unsafe fn wmcore_start_flush(_: *mut Mapping, _: u64, _: u64) -> Status {
    0
}
pub unsafe fn wmcore_populate_step(_: *mut Mapping, offset: *mut u64, length: *mut u64) -> Status {
    *at!(offset) += *at!(length);
    *at!(length) = 0;
    0
}
pub unsafe fn wmcore_resident_step(_: *mut Mapping, offset: *mut u64, length: *mut u64, bytes: *mut u64) -> Status {
    *at!(bytes) += *at!(length);
    *at!(offset) += *at!(length);
    *at!(length) = 0;
    0
}
pub unsafe fn wmcore_mlock(_: *mut Mapping) -> Status {
    0
}
pub unsafe fn wmcore_munlock(_: *mut Mapping) -> Status {
    0
}
pub unsafe fn wmcore_resize(mapping: *mut Mapping, length: u64) -> Status {
    at!(mapping).bytes.resize(index(length), 0);
    0
}
pub unsafe fn wmcore_advise(_: *mut Mapping, _: u64, _: u64, _: u32) -> Status {
    0
}
pub unsafe fn wmcore_span_granularity() -> u32 {
    4096
}
pub unsafe fn wmcore_may_attach(mapping: *const Mapping, offset: u64, _: *const c_void, length: u64) -> Status {
    // SAFETY: the caller keeps the rules.
    unsafe { wmcore_may_read(mapping, offset, length) }
}
pub unsafe fn wmcore_span_attach(
    mapping: *mut Mapping,
    offset: u64,
    region: *mut c_void,
    length: u64,
    result: *mut *mut Span,
) -> Status {
    // SAFETY: the caller keeps the rules.
    let status = unsafe { wmcore_read(mapping, offset, length, region) };
    if status == 0 {
        LIVE.fetch_add(1, Ordering::Relaxed);
        let span = Span { region: region.cast(), length: index(length), calls: 0 };
        *at!(result) = Box::into_raw(Box::new(span));
    }
    status
}

/// What a call on a span does for a while: everything that must not happen meanwhile has its chance.
fn work(span: &mut Span) -> Status {
    for at in 0..4 {
        span.calls += 1;
        if span.region.is_null() {
            return FAULT;
        }
        // SAFETY: the region is there, by the caller's word.
        unsafe { span.region.add(at * span.length / 4).write(1) };
        std::thread::yield_now();
    }
    0
}

/// Passes the addresses to the system, which may have given them to others.
pub unsafe fn wmcore_span_flush(span: *mut Span, _: u64, _: u64) -> Status {
    for _ in 0..4 {
        at!(span).calls += 1;
        std::thread::yield_now();
    }
    0
}
pub unsafe fn wmcore_span_advise(span: *mut Span, _: u64, _: u64, _: u32) -> Status {
    work(at!(span))
}
pub unsafe fn wmcore_span_faulted(span: *mut Span) -> bool {
    at!(span).calls += 1;
    false
}
pub unsafe fn wmcore_span_abandon(span: *mut Span) {
    at!(span).calls += 1;
    at!(span).region = std::ptr::null_mut();
}
pub unsafe fn wmcore_span_detach(span: *mut Span) -> bool {
    LIVE.fetch_sub(1, Ordering::Relaxed);
    // SAFETY: the caller keeps the rules.
    let span = unsafe { Box::from_raw(span) };
    if !span.region.is_null() {
        // SAFETY: the region is there, by the caller's word.
        unsafe { span.region.write_bytes(0, span.length) };
    }
    true
}

pub unsafe fn wmcore_let_children_inherit_guests() {}
pub unsafe fn wmcore_forget_addresses(_: *mut c_void, _: u64) {}
pub unsafe fn wmcore_unnoticed_faults() -> usize {
    0
}
pub unsafe fn wmcore_live_regions() -> usize {
    LIVE.load(Ordering::Relaxed)
}
