//! The private pages of one mapping: the changed ones of a file, and those of memory without a file.

use crate::bindings::exports::wasi_mmap::mmap::mapping::ErrorCode;
use crate::file::{zeros, PAGE, PAGE_SIZE as SIZE};
use crate::places::{Bytes, Room};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Range;
use hashbrown::HashMap;

pub type Page = Box<[u8; SIZE]>;

/// Pages by their number in the file.
#[derive(Default)]
pub struct Pages(HashMap<u64, Page>);

/// A page of zeros. `no-memory` if there is none.
pub fn new_page() -> Result<Page, ErrorCode> {
    zeros(SIZE)?.into_boxed_slice().try_into().map_err(|_| ErrorCode::NoMemory)
}

/// The numbers of the pages that hold a range of bytes.
pub fn numbers(position: u64, length: u64) -> Range<u64> {
    if length == 0 {
        return 0..0;
    }
    position / PAGE..(position + (length - 1)) / PAGE + 1
}

/// For each page of a range of bytes: its number, the offset of the range in it, and the part of the range that it holds.
fn parts(position: u64, length: usize) -> impl Iterator<Item = (u64, usize, Range<usize>)> {
    let mut done = 0;
    core::iter::from_fn(move || {
        if done == length {
            return None;
        }
        let at = position + done as u64;
        #[allow(clippy::cast_possible_truncation)] // Less than a page.
        let start = (at % PAGE) as usize;
        let part = done..length.min(done + (SIZE - start));
        done = part.end;
        Some((at / PAGE, start, part))
    })
}

impl Pages {
    pub fn contains(&self, number: u64) -> bool {
        self.0.contains_key(&number)
    }

    /// Adds new pages: all of them, or none if there is no memory.
    pub fn add(&mut self, pages: Vec<(u64, Page)>) -> Result<(), ErrorCode> {
        self.0.try_reserve(pages.len()).map_err(|_| ErrorCode::NoMemory)?;
        self.0.extend(pages);
        Ok(())
    }

    /// Whether all pages of a range exist.
    pub fn cover(&self, position: u64, length: u64) -> bool {
        !self.0.is_empty() && numbers(position, length).all(|number| self.contains(number))
    }

    /// Copies the content of the pages over the bytes that a place has from this position.
    pub fn overlay<F>(&self, position: u64, room: &mut (impl Room<F> + ?Sized)) {
        if self.0.is_empty() {
            return;
        }
        for (number, start, part) in parts(position, room.length()) {
            if let Some(page) = self.0.get(&number) {
                room.put(part.start, &page[start..start + part.len()]);
            }
        }
    }

    /// Stores bytes in the pages that exist.
    pub fn store<F>(&mut self, position: u64, bytes: &(impl Bytes<F> + ?Sized)) {
        for (number, start, part) in parts(position, bytes.length()) {
            if let Some(page) = self.0.get_mut(&number) {
                bytes.get(part.start, &mut page[start..start + part.len()]);
            }
        }
    }

    /// Drops the pages past a position, and clears the rest of its own page.
    pub fn cut(&mut self, position: u64) {
        let end = position.div_ceil(PAGE);
        self.0.retain(|number, _| *number < end);
        if let Some(page) = self.0.get_mut(&(position / PAGE)) {
            #[allow(clippy::cast_possible_truncation)] // Less than a page.
            page[(position % PAGE) as usize..].fill(0);
        }
    }

    /// Drops the pages from this number on.
    pub fn drop_from(&mut self, number: u64) {
        self.0.retain(|other, _| *other < number);
    }
}
