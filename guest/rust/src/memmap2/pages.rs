//! Pages for large maps, as in the library for C (`guest/c/src/mman_pages.c`).
//!
//! They come from the engine and are never given back to it: spare ones are for the maps to come, and those at memory's end
//! grow. An allocator puts small blocks behind large ones, and then a file that grows and is mapped anew takes the sum of all
//! its sizes.

use std::hint::black_box;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// A page of WebAssembly.
pub const PAGE: usize = 64 * 1024;

/// The addresses of spare pages, in order. No two ranges are adjacent.
static SPARE: Mutex<Vec<Range<usize>>> = Mutex::new(Vec::new());

#[cfg(target_arch = "wasm32")]
use core::arch::wasm32::{memory_grow, memory_size};

/// Other targets only compile the documentation.
#[cfg(not(target_arch = "wasm32"))]
mod engine {
    pub fn memory_size<const MEMORY: u32>() -> usize {
        unreachable!()
    }

    pub fn memory_grow<const MEMORY: u32>(_: usize) -> usize {
        unreachable!()
    }
}
#[cfg(not(target_arch = "wasm32"))]
use engine::{memory_grow, memory_size};

fn memory_end() -> usize {
    memory_size::<0>().saturating_mul(PAGE)
}

/// Lets memory grow, and returns the address of the new pages. The last page of 4 GiB stays unused, so that the end of a map
/// is an address.
fn grow(length: usize) -> Option<usize> {
    let count = length / PAGE;
    if memory_size::<0>() + count >= 1 << 16 {
        return None;
    }
    let first = memory_grow::<0>(count);
    (first != usize::MAX).then(|| first * PAGE)
}

/// Lets the allocator have memory before a large map takes some: what it takes later lies behind the map. In one block, for
/// each growth of memory takes a host some microseconds. Where memory is short, it gets less.
fn feed_allocator(length: usize) {
    const LEAST: usize = 768 << 10;
    const MOST: usize = 12 << 20;
    let mut wanted = (LEAST + length / 84).min(MOST);
    let mut block = Vec::<u8>::new();
    while block.try_reserve_exact(wanted).is_err() && wanted > PAGE {
        wanted /= 2;
    }
    drop(black_box(block)); // Else the compiler would leave out the allocation.
}

/// Takes `length` bytes, a multiple of [`PAGE`]. Returns their address, and how many of them may hold anything: the others,
/// at the end, are zero.
pub fn take(length: usize) -> Option<(*mut u8, usize)> {
    let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
    let fitting = spare.iter().enumerate().filter(|(_, pages)| pages.len() >= length);
    let (start, used) = if let Some((at, _)) = fitting.min_by_key(|(_, pages)| pages.len()) {
        let start = spare[at].start;
        spare[at].start += length;
        if spare[at].is_empty() {
            spare.remove(at);
        }
        (start, length)
    } else if let Some(last) = spare.last().cloned().filter(|last| last.end == memory_end()) {
        // Components have no threads, one of which could let memory grow between.
        assert_eq!(grow(length - last.len())?, last.end, "memory grew at its end");
        spare.pop();
        (last.start, last.len())
    } else {
        feed_allocator(length);
        (grow(length)?, 0)
    };
    Some((std::ptr::with_exposed_provenance_mut(start), used))
}

/// Makes pages spare that [`take`] returned.
pub fn give(start: *mut u8, length: usize) {
    let start = start.expose_provenance();
    let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
    if spare.try_reserve(1).is_err() {
        return; // The pages are lost. Memory is rarely so short that this fails.
    }
    let at = spare.partition_point(|pages| pages.start < start);
    spare.insert(at, start..start + length);
    for first in [at, at.wrapping_sub(1)] {
        if first < spare.len() && spare.get(first + 1).is_some_and(|next| next.start == spare[first].end) {
            spare[first].end = spare.remove(first + 1).end;
        }
    }
}
