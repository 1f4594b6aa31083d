//! A mapping, and its expected state by the contract.

use crate::host::Host;
use crate::mapping::Mapping;
use std::collections::HashMap;
use std::rc::Rc;

pub const PAGE: u64 = 4096;

pub fn page_up(value: u64) -> u64 {
    value.next_multiple_of(PAGE)
}

/// What may be done with the bytes, and whether changes reach the file.
#[derive(Clone, Copy)]
pub struct Kind {
    pub read: bool,
    pub write: bool,
    pub shared: bool,
}

/// Positions are those in the file.
pub struct Map {
    pub mapping: Mapping<Rc<Host>>,
    pub file: bool,
    pub offset: u64,
    pub length: u64,
    pub kind: Kind,
    /// Private pages. None: unknown, because the file was truncated there or the host failed.
    pub own: HashMap<u64, Option<Vec<u8>>>,
}

impl Map {
    pub fn holds(&self, start: u64, length: u64) -> bool {
        start <= self.length && length <= self.length - start
    }

    pub fn present(&self, host: &Host, start: u64, length: u64) -> bool {
        !self.file || length == 0 || self.offset + start + length <= page_up(host.size())
    }

    /// The content of a page; none if it is unknown.
    pub fn page(&self, host: &Host, number: u64) -> Option<Vec<u8>> {
        if let Some(own) = self.own.get(&number) {
            return own.clone();
        }
        let mut page = vec![0; 4096];
        if self.file {
            let bytes = host.bytes.borrow();
            let start = usize::try_from(number * PAGE).unwrap().min(bytes.len());
            let end = (start + 4096).min(bytes.len());
            page[..end - start].copy_from_slice(&bytes[start..end]);
        }
        Some(page)
    }

    /// The numbers of the pages of a range.
    pub fn numbers(&self, start: u64, length: u64) -> std::ops::Range<u64> {
        let position = self.offset + start;
        if length == 0 {
            return 0..0;
        }
        position / PAGE..(position + length).div_ceil(PAGE)
    }

    /// The bytes of a range that is not lost; none if some are unknown.
    pub fn bytes(&self, host: &Host, start: u64, length: u64) -> Option<Vec<u8>> {
        let numbers = self.numbers(start, length);
        let skip = (self.offset + start - numbers.start * PAGE).min(if length == 0 { 0 } else { u64::MAX });
        let mut all = Vec::new();
        for number in numbers {
            all.extend(self.page(host, number)?);
        }
        let skip = usize::try_from(skip).unwrap();
        Some(all[skip..skip + usize::try_from(length).unwrap()].to_vec())
    }

    pub fn store(&mut self, host: &Host, start: u64, bytes: &[u8]) {
        if self.file && self.kind.shared {
            return; // The host has stored it, or not.
        }
        for number in self.numbers(start, bytes.len() as u64) {
            let mut page = self.page(host, number);
            if let Some(page) = &mut page {
                for (at, byte) in (number * PAGE..).zip(page.iter_mut()) {
                    let index = at.wrapping_sub(self.offset + start);
                    if index < bytes.len() as u64 {
                        *byte = bytes[usize::try_from(index).unwrap()];
                    }
                }
            }
            self.own.insert(number, page);
        }
    }

    pub fn forget(&mut self, start: u64, length: u64) {
        if !(self.file && self.kind.shared) {
            for number in self.numbers(start, length) {
                self.own.insert(number, None);
            }
        }
    }
}
