//! The polyfill's logic on a host with unusual behaviour and faults. Every result is that of the contract where the host
//! keeps to WASI; where it does not, there is a result. All operations run twice: with lists in the polyfill's own memory, where
//! it is composed, and with lists in the guest's memory, where it is fused. Both have the same results.
#![cfg_attr(feature = "libfuzzer", no_main)]

#[allow(clippy::all, clippy::pedantic, dead_code)]
mod bindings {
    wit_bindgen::generate!({
        path: ["../../../wit", "../../../guest/polyfill/wit"],
        world: "wasi-mmap:polyfill/composed",
        generate_all,
        merge_structurally_equal_types: true,
    });
}
#[allow(dead_code)]
#[path = "../../../../guest/polyfill/src/file.rs"]
mod file;
#[allow(dead_code)]
#[path = "../../../../guest/polyfill/src/mapping.rs"]
mod mapping;
#[path = "../../../../guest/polyfill/src/pages.rs"]
mod pages;
#[path = "../../../../guest/polyfill/src/places.rs"]
mod places;
#[path = "../../../../guest/polyfill/src/search.rs"]
mod search;

extern crate alloc;

mod host;
mod input;
mod map;
mod memory;
#[cfg(not(feature = "libfuzzer"))]
mod replay;

use bindings::exports::wasi_mmap::mmap::mapping::{Access, Advice, ErrorCode, Protection, Sharing};
use host::{Host, MOST_BYTES, NO_MEMORY};
use input::Input;
use map::{page_up, Kind, Map, PAGE};
use mapping::{Mapping, Outcome, Request};
use memory::Guest;
use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

const MAX_OFFSET: u64 = i64::MAX as u64;

struct Session<'a> {
    input: Input<'a>,
    host: Rc<Host>,
    maps: Vec<Map>,
    /// Where lists are, if not in the polyfill's memory.
    guest: Option<Rc<Guest>>,
    /// All results, as far as they do not depend on where lists are.
    answers: Vec<String>,
}

impl Session<'_> {
    /// After a fault of the host any error is right.
    fn expect<T: PartialEq + Debug>(&mut self, what: &str, actual: &Outcome<T>, expected: &Outcome<T>) {
        let any = self.host.faulted.get();
        assert!(any || actual == expected, "{what}: {actual:?}, expected is {expected:?}");
        self.answers.push(format!("{what}: {actual:?}"));
    }

    fn access(&mut self) -> Request {
        if self.input.flag() {
            return Request::Access([Access::Read, Access::Write, Access::Copy][self.input.below(3)]);
        }
        let sharing = if self.input.flag() { Sharing::Shared } else { Sharing::Private };
        Request::Posix(sharing, Protection::from_bits_truncate(self.input.byte() % 4))
    }

    fn open(&mut self) {
        let request = self.access();
        let size = self.host.size();
        let offset = self.input.number(&[0, 0, size, MAX_OFFSET]);
        let length = self.input.number(&[0, 0, size, MAX_OFFSET - 1]);
        // Between, a search would take as long as it takes.
        let length = if length > MOST_BYTES && length >> 47 == 0 { length % MOST_BYTES } else { length };
        let (read, write, shared, past_end) = match request {
            Request::Access(access) => (true, access != Access::Read, access != Access::Copy, false),
            Request::Posix(sharing, protection) => {
                let write = protection.contains(Protection::WRITE);
                (write || protection.contains(Protection::READ), write, sharing == Sharing::Shared, true)
            }
        };
        let file = self.input.below(4) > 0;
        let mut settled = length;
        let expected = if !file && length == 0 {
            Err(ErrorCode::InvalidArgument)
        } else if file && length == 0 && size == 0 {
            Err(ErrorCode::EmptyFile)
        } else if file && length == 0 && offset >= size {
            Err(ErrorCode::PastEnd)
        } else if file && length == 0 {
            settled = size - offset;
            Ok(())
        } else if file && !past_end && (offset > size || length > size - offset) {
            Err(ErrorCode::PastEnd)
        } else if file && past_end && (offset > MAX_OFFSET || length > MAX_OFFSET - offset) {
            Err(ErrorCode::InvalidArgument)
        } else if length >> 47 > 0 && length > 1 << 47 {
            Err(ErrorCode::NoMemory)
        } else {
            Ok(())
        };
        let opened = if file {
            Mapping::of_file(Rc::clone(&self.host), length, request, offset)
        } else {
            Mapping::of_memory(length, request)
        };
        let answer = opened.as_ref().map(|_| ()).map_err(|error| *error);
        self.expect("mmap", &answer, &expected);
        let Ok(mapping) = opened else { return };
        let offset = if file { offset } else { 0 };
        if mapping.length() > MOST_BYTES {
            return; // The same again: a search would take long.
        }
        if self.host.faulted.get() {
            settled = mapping.length();
        }
        assert_eq!(mapping.length(), settled);
        self.maps.push(Map {
            mapping,
            file,
            offset,
            length: settled,
            kind: Kind { read, write, shared },
            own: HashMap::new(),
        });
    }

    fn range(&mut self, map: &Map) -> (u64, u64) {
        let present = page_up(self.host.size()).saturating_sub(map.offset);
        let start = self.input.number(&[0, map.length, present]);
        (start, self.input.number(&[0, 1, map.length.wrapping_sub(start), present.wrapping_sub(start)]))
    }

    fn read(&mut self, map: &Map) {
        let (start, length) = self.range(map);
        let actual = match &self.guest {
            None => map.mapping.read(start, length, file::zeros),
            Some(guest) => {
                let list = map.mapping.read(start, length, |length| guest.list(length, &self.host));
                list.map(|list| list.bytes().to_vec())
            }
        };
        let expected = if !map.kind.read {
            Err(ErrorCode::AccessDenied)
        } else if !map.holds(start, length) {
            Err(ErrorCode::OutOfRange)
        } else if self.guest.as_ref().is_some_and(|guest| guest.refused.get()) {
            Err(ErrorCode::NoMemory)
        } else if !map.present(&self.host, start, length) {
            Err(ErrorCode::Fault)
        } else {
            Ok(())
        };
        self.expect("read", &actual.as_ref().map(drop).map_err(|error| *error), &expected);
        let Ok(bytes) = actual else { return };
        assert_eq!(bytes.len() as u64, length);
        self.answers.push(format!("bytes: {}", checksum(&bytes)));
        if !self.host.faulted.get() {
            assert!(map.bytes(&self.host, start, length).is_none_or(|right| right == bytes), "wrong bytes");
        }
    }

    fn changed(&self, map: &mut Map, start: u64, bytes: Option<&[u8]>, length: u64, done: bool) {
        match bytes {
            Some(bytes) if done && !self.host.faulted.get() => map.store(&self.host, start, bytes),
            _ if map.holds(start, length) => map.forget(start, length),
            _ => {}
        }
    }

    fn write(&mut self, map: &mut Map) {
        let (start, length) = self.range(map);
        let bytes = self.input.bytes(usize::try_from(length.min(MOST_BYTES)).unwrap());
        let length = bytes.len() as u64;
        let expected = if !map.kind.write {
            Err(ErrorCode::ReadOnly)
        } else if !map.holds(start, length) {
            Err(ErrorCode::OutOfRange)
        } else if !map.present(&self.host, start, length) {
            Err(ErrorCode::Fault)
        } else {
            Ok(())
        };
        let right = expected.is_ok().then(|| self.file_after(map, start, &bytes));
        let actual = match &self.guest {
            None => map.mapping.write(start, &bytes),
            Some(guest) => map.mapping.write(start, &guest.list_of(&bytes)),
        };
        self.expect("write", &actual, &expected);
        self.check_file(right);
        if map.kind.write {
            self.changed(map, start, Some(&bytes), length, actual.is_ok());
        }
    }

    /// What the file holds when bytes were stored through a mapping.
    fn file_after(&self, map: &Map, start: u64, bytes: &[u8]) -> Vec<u8> {
        let mut file = self.host.bytes.borrow().clone();
        if map.file && map.kind.shared {
            for (at, byte) in (map.offset + start..).zip(bytes) {
                if let Some(stored) = file.get_mut(usize::try_from(at).unwrap()) {
                    *stored = *byte;
                }
            }
        }
        file
    }

    fn check_file(&self, right: Option<Vec<u8>>) {
        if let Some(right) = right.filter(|_| !self.host.faulted.get()) {
            assert!(*self.host.bytes.borrow() == right, "the file holds something else");
        }
    }

    fn copy_within(&mut self, map: &mut Map) {
        let (destination, _) = self.range(map);
        let (source, length) = self.range(map);
        let expected = if !map.kind.write {
            Err(ErrorCode::ReadOnly)
        } else if !map.holds(source, length) || !map.holds(destination, length) {
            Err(ErrorCode::OutOfRange)
        } else if !map.present(&self.host, source, length) || !map.present(&self.host, destination, length) {
            Err(ErrorCode::Fault)
        } else {
            Ok(())
        };
        let moved = expected.is_ok().then(|| map.bytes(&self.host, source, length)).flatten();
        let right = moved.as_ref().map(|bytes| self.file_after(map, destination, bytes));
        let actual = map.mapping.copy_within(destination, source, length);
        self.expect("move", &actual, &expected);
        self.check_file(right);
        if !map.kind.write {
            return;
        }
        if destination == source {
            // Nothing need be stored: whether a page is private now is open.
            self.changed(map, destination, None, length, false);
        } else {
            self.changed(map, destination, moved.as_deref(), length, actual.is_ok());
        }
    }

    fn find(&mut self, map: &Map) {
        let forward = self.input.flag();
        let present = if map.file { page_up(self.host.size()).saturating_sub(map.offset) } else { u64::MAX };
        let start = self.input.number(&[0, 0, map.length, present]);
        let end = self.input.number(&[u64::MAX, map.length, present, start]);
        let size = if self.input.below(4) == 0 {
            self.input.number(&[4096, 65536]) % 100_000
        } else {
            self.input.below(6) as u64
        };
        let mut needle = self.input.bytes(usize::try_from(size).unwrap());
        let from = self.input.number(&[0, start]);
        if self.input.flag() && map.holds(from, size) && map.present(&self.host, from, size) {
            needle = map.bytes(&self.host, from, size).unwrap_or(needle);
        }
        let actual =
            if forward { map.mapping.find(&needle, start, end) } else { map.mapping.rfind(&needle, start, end) };
        let limit = end.min(map.length);
        let expected = if !map.kind.read {
            Err(ErrorCode::AccessDenied)
        } else if start > limit || size > limit - start {
            Ok(None)
        } else if needle.is_empty() {
            Ok(Some(if forward { start } else { limit }))
        } else {
            let seen = limit.min(present).max(start);
            let Some(bytes) = map.bytes(&self.host, start, seen - start) else { return };
            let finder = |bytes: &[u8]| {
                if forward {
                    memchr::memmem::find(bytes, &needle)
                } else {
                    memchr::memmem::rfind(bytes, &needle)
                }
            };
            match finder(&bytes) {
                Some(at) if forward || seen == limit => Ok(Some(start + at as u64)),
                _ if seen < limit => Err(ErrorCode::Fault),
                _ => Ok(None),
            }
        };
        self.expect("find", &actual, &expected);
    }

    fn flush(&mut self, map: &Map) {
        let (start, length) = self.range(map);
        let expected = if !map.holds(start, length) {
            Err(ErrorCode::OutOfRange)
        } else if map.file && map.kind.write && map.kind.shared && !map.present(&self.host, start, length) {
            Err(ErrorCode::Fault)
        } else {
            Ok(())
        };
        self.expect("flush", &map.mapping.flush(start, length), &expected);
    }

    fn resize(&mut self, map: &mut Map) {
        let length = self.input.number(&[0, map.length, MOST_BYTES.wrapping_sub(map.offset), u64::MAX]);
        let length = if length > MOST_BYTES && length >> 47 == 0 { length % MOST_BYTES } else { length };
        let expected = if !(map.kind.write && map.kind.shared) {
            Err(ErrorCode::NotResizable)
        } else if length == 0 || map.offset > MAX_OFFSET || length > MAX_OFFSET - map.offset {
            Err(ErrorCode::InvalidArgument)
        } else if length > 1 << 47 {
            Err(ErrorCode::NoMemory)
        } else if map.file && map.offset + length > MOST_BYTES {
            Err(ErrorCode::NoSpace)
        } else {
            Ok(())
        };
        let before = self.host.size();
        let actual = map.mapping.resize(length);
        self.expect("resize", &actual, &expected);
        if actual.is_ok() {
            if !map.file {
                let kept = map.bytes(&self.host, 0, length.min(map.length));
                map.own.clear();
                match kept {
                    Some(bytes) => map.store(&self.host, 0, &bytes),
                    None => map.forget(0, length.min(map.length)),
                }
            }
            map.length = length;
        } else if !self.host.faulted.get() {
            assert_eq!(self.host.size(), before, "a resize that failed");
        }
        assert_eq!(map.mapping.length(), map.length);
    }

    fn others(&mut self) {
        let size = self.host.size();
        let after = self.input.number(&[0, size, size / 2]).min(MOST_BYTES);
        self.host.set(after);
        if self.input.flag() {
            self.host.set(size);
        }
        if self.input.flag() && after > 0 {
            let at = self.input.number(&[0, after - 1]) % self.host.size().max(1);
            if let Some(byte) = self.host.bytes.borrow_mut().get_mut(usize::try_from(at).unwrap()) {
                *byte = self.input.byte();
            }
        }
        self.lose(after);
    }

    /// Private pages past the end of the file are lost at the next access.
    fn lose(&mut self, size: u64) {
        for map in self.maps.iter_mut().filter(|map| map.file) {
            for (number, page) in &mut map.own {
                if number * PAGE >= page_up(size) {
                    *page = None;
                }
            }
        }
    }

    fn step(&mut self) {
        self.host.faulted.set(false);
        let operation = self.input.below(16);
        if self.maps.is_empty() || operation == 0 {
            return if self.maps.len() < 4 { self.open() } else { drop(self.maps.pop()) };
        }
        if operation == 1 {
            return self.others();
        }
        if operation == 2 {
            let faults: Vec<u8> = (0..self.input.below(6)).map(|_| self.input.byte() % (NO_MEMORY + 1)).collect();
            return *self.host.faults.borrow_mut() = faults;
        }
        if operation == 3 {
            return self.host.plan(&mut self.input);
        }
        let index = self.input.below(self.maps.len());
        let mut map = self.maps.swap_remove(index);
        let size = self.host.size();
        match operation {
            4..=6 => self.read(&map),
            7 | 8 => self.write(&mut map),
            9 => self.copy_within(&mut map),
            10 | 11 => self.find(&map),
            12 => self.flush(&map),
            13 => self.resize(&mut map),
            14 => {
                let (start, length) = self.range(&map);
                let advice = [Advice::Normal, Advice::WillNeed, Advice::DontNeed][self.input.below(3)];
                let expected = if start < map.length { Ok(()) } else { Err(ErrorCode::OutOfRange) };
                assert_eq!(map.mapping.advise(start, length, advice), expected);
            }
            _ => {
                let expected = Ok(if map.file { self.host.size() } else { map.length });
                self.expect("file_size", &map.mapping.file_size(), &expected);
            }
        }
        self.maps.push(map);
        let faulted = self.host.faulted.get();
        self.lose(if faulted { 0 } else { self.host.size().min(size) });
    }
}

fn checksum(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

/// Runs the operations, and returns their results; none if they are those of a guest without memory.
fn play(data: &[u8], guest: Option<Rc<Guest>>) -> Option<Vec<String>> {
    let mut session = Session { input: Input(data), host: Rc::default(), maps: Vec::new(), guest, answers: Vec::new() };
    let size = session.input.number(&[0, 3 * PAGE, 10_000]).min(MOST_BYTES);
    let bytes =
        (0..size).map(|at| if (at / PAGE).is_multiple_of(2) { (at % 251) as u8 } else { b'a' + (at % 3) as u8 });
    *session.host.bytes.borrow_mut() = bytes.collect();
    let mut refused = false;
    for _ in 0..200 {
        if session.input.is_empty() {
            break;
        }
        session.step();
        if let Some(guest) = &session.guest {
            guest.check();
            refused |= guest.refused.take();
        }
    }
    Some(session.answers).filter(|_| !refused)
}

fn run(data: &[u8]) {
    let composed = play(data, None);
    let fused = play(data, Some(Rc::default()));
    assert!(fused.is_none() || fused == composed, "other results with lists in the guest's memory");
}

#[cfg(feature = "libfuzzer")]
libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data));

#[cfg(not(feature = "libfuzzer"))]
fn main() {
    replay::replay(run);
}
