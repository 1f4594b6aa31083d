//! The logic on files of difficult hosts: short reads, ends that move, storage that fails.

use crate::bindings::exports::wasi_mmap::mmap::mapping::{Access, ErrorCode, Protection, Sharing};
use crate::bindings::wasi::filesystem::types::{self, Advice};
use crate::file::{zeros, File, PAGE, PAGE_SIZE};
use crate::mapping::{Mapping, Outcome, Request};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A file in memory, with the behaviour of some host.
#[derive(Default)]
struct Fake {
    bytes: RefCell<Vec<u8>>,
    /// The most bytes of one read or write; 0 for no limit.
    at_a_time: usize,
    /// The error of every read and write.
    failure: Cell<Option<types::ErrorCode>>,
    /// Reads return nothing, whatever the size is.
    empty: Cell<bool>,
    reads: Cell<usize>,
    sizes: Cell<usize>,
}

impl Fake {
    fn part(&self, length: usize) -> usize {
        if self.at_a_time == 0 {
            length
        } else {
            length.min(self.at_a_time)
        }
    }

    fn check(&self) -> Result<(), types::ErrorCode> {
        self.failure.get().map_or(Ok(()), Err)
    }
}

impl File for Rc<Fake> {
    fn read(&self, offset: u64, room: &mut [u8]) -> Result<(usize, bool), types::ErrorCode> {
        self.reads.set(self.reads.get() + 1);
        self.check()?;
        if self.empty.get() {
            return Ok((0, false));
        }
        let bytes = self.bytes.borrow();
        let start = usize::try_from(offset).unwrap().min(bytes.len());
        let rest = &bytes[start..];
        let length = self.part(room.len()).min(rest.len());
        room[..length].copy_from_slice(&rest[..length]);
        Ok((length, length == rest.len()))
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> Result<u64, types::ErrorCode> {
        self.check()?;
        let mut file = self.bytes.borrow_mut();
        let length = self.part(bytes.len());
        let start = usize::try_from(offset).unwrap();
        if file.len() < start + length {
            file.resize(start + length, 0);
        }
        file[start..start + length].copy_from_slice(&bytes[..length]);
        Ok(if self.empty.get() { 0 } else { length as u64 })
    }

    fn size(&self) -> Result<u64, types::ErrorCode> {
        self.sizes.set(self.sizes.get() + 1);
        Ok(self.bytes.borrow().len() as u64)
    }

    fn set_size(&self, size: u64) -> Result<(), types::ErrorCode> {
        self.check()?;
        self.bytes.borrow_mut().resize(usize::try_from(size).unwrap(), 0);
        Ok(())
    }

    fn sync(&self) -> Result<(), types::ErrorCode> {
        self.check()
    }

    fn advise(&self, _: u64, _: u64, _: Advice) -> Result<(), types::ErrorCode> {
        Err(types::ErrorCode::Unsupported)
    }
}

fn pattern(size: usize) -> Vec<u8> {
    (0..size).map(|at| u8::try_from(at * 31 % 251).unwrap()).collect()
}

fn fake(size: usize) -> Fake {
    Fake { bytes: RefCell::new(pattern(size)), ..Fake::default() }
}

fn map(file: &Rc<Fake>, access: Access) -> Mapping<Rc<Fake>> {
    Mapping::of_file(Rc::clone(file), 0, Request::Access(access), 0).unwrap()
}

fn memory(length: u64) -> Mapping<Rc<Fake>> {
    Mapping::of_memory(length, Request::Access(Access::Write)).unwrap()
}

trait OwnMemory {
    fn bytes(&self, offset: u64, length: u64) -> Outcome<Vec<u8>>;
}

impl OwnMemory for Mapping<Rc<Fake>> {
    fn bytes(&self, offset: u64, length: u64) -> Outcome<Vec<u8>> {
        self.read(offset, length, zeros)
    }
}

const THREE_PAGES: usize = 3 * PAGE_SIZE;

#[test]
fn reads_are_put_together_from_short_ones() {
    let file = Rc::new(Fake { at_a_time: 100, ..fake(THREE_PAGES) });
    for access in [Access::Read, Access::Write, Access::Copy] {
        assert_eq!(map(&file, access).bytes(0, 5000).unwrap(), pattern(THREE_PAGES)[..5000]);
    }
}

#[test]
fn a_read_that_is_answered_whole_asks_once() {
    let file = Rc::new(fake(THREE_PAGES));
    let mapping = map(&file, Access::Read);
    file.sizes.set(0);
    mapping.bytes(10, 5000).unwrap();
    assert_eq!((file.reads.get(), file.sizes.get()), (1, 0));
}

#[test]
fn a_host_that_gives_nothing_does_not_hang() {
    let file = Rc::new(fake(THREE_PAGES));
    let mapping = map(&file, Access::Write);
    file.empty.set(true);
    assert_eq!(mapping.bytes(0, 10), Err(ErrorCode::Fault));
    assert_eq!(mapping.find(b"x", 0, 100), Err(ErrorCode::Fault));
    assert_eq!(mapping.write(0, b"x"), Err(ErrorCode::Fault));
}

#[test]
fn storage_that_fails_is_a_fault() {
    let file = Rc::new(fake(THREE_PAGES));
    let (shared, copy) = (map(&file, Access::Write), map(&file, Access::Copy));
    file.failure.set(Some(types::ErrorCode::Io));
    assert_eq!(shared.bytes(0, 1), Err(ErrorCode::Fault));
    assert_eq!(shared.write(0, b"x"), Err(ErrorCode::Fault));
    assert_eq!(copy.write(0, b"x"), Err(ErrorCode::Fault));
    assert_eq!(shared.flush(0, 1), Err(ErrorCode::Io));
    file.failure.set(Some(types::ErrorCode::InsufficientSpace));
    assert_eq!(shared.write(0, b"x"), Err(ErrorCode::NoSpace));
    assert_eq!(shared.resize(1 << 20), Err(ErrorCode::NoSpace));
    assert_eq!(shared.length(), THREE_PAGES as u64);
}

#[test]
fn the_last_page_is_there_and_ends_in_zeros() {
    let file = Rc::new(fake(THREE_PAGES));
    for access in [Access::Read, Access::Write, Access::Copy] {
        let mapping = map(&file, access);
        file.bytes.borrow_mut().truncate(4097);
        assert_eq!(mapping.bytes(4096, 3).unwrap(), [pattern(4097)[4096], 0, 0]);
        assert_eq!(mapping.bytes(0, 2 * PAGE).unwrap().len(), 2 * PAGE_SIZE);
        assert_eq!(mapping.bytes(0, 2 * PAGE + 1), Err(ErrorCode::Fault));
        assert_eq!(mapping.bytes(2 * PAGE, 0).unwrap(), []);
        *file.bytes.borrow_mut() = pattern(THREE_PAGES);
        assert_eq!(mapping.bytes(0, THREE_PAGES as u64).unwrap(), pattern(THREE_PAGES));
    }
}

#[test]
fn a_write_never_extends_the_file() {
    let file = Rc::new(fake(THREE_PAGES));
    let mapping = map(&file, Access::Write);
    file.bytes.borrow_mut().truncate(4100);
    mapping.write(4098, b"abcdef").unwrap();
    assert_eq!(file.bytes.borrow()[4096..], [pattern(4097)[4096], pattern(4098)[4097], b'a', b'b']);
    assert_eq!(mapping.write(2 * PAGE - 1, b"ab"), Err(ErrorCode::Fault));
    assert_eq!(file.bytes.borrow().len(), 4100);
}

#[test]
fn private_pages_keep_what_was_stored_over_a_live_file() {
    let file = Rc::new(fake(THREE_PAGES));
    let mapping = map(&file, Access::Copy);
    mapping.write(PAGE - 1, b"ab").unwrap();
    file.bytes.borrow_mut().fill(7);
    let bytes = mapping.bytes(0, THREE_PAGES as u64).unwrap();
    assert_eq!(bytes[4095..4097], *b"ab");
    assert_eq!(bytes[..4095], pattern(4095), "a page that was changed is the mapping's own");
    assert!(bytes[2 * PAGE_SIZE..].iter().all(|byte| *byte == 7), "one that was not is the file's");
    assert!(file.bytes.borrow().iter().all(|byte| *byte == 7));
}

#[test]
fn private_pages_go_with_those_of_the_file() {
    let file = Rc::new(fake(THREE_PAGES));
    let mapping = map(&file, Access::Copy);
    mapping.write(2 * PAGE, b"lost").unwrap();
    file.bytes.borrow_mut().truncate(10);
    assert_eq!(mapping.bytes(2 * PAGE, 1), Err(ErrorCode::Fault));
    *file.bytes.borrow_mut() = vec![1; THREE_PAGES];
    assert_eq!(mapping.bytes(2 * PAGE, 4).unwrap(), [1; 4]);
}

#[test]
fn a_lost_read_forgets_all_lost_pages() {
    let file = Rc::new(fake(THREE_PAGES));
    let mapping = map(&file, Access::Copy);
    mapping.write(PAGE + 7, b"lost").unwrap();
    mapping.write(2 * PAGE + 7, b"lost").unwrap();
    file.bytes.borrow_mut().truncate(10);
    assert_eq!(mapping.bytes(2 * PAGE + 5, 1), Err(ErrorCode::Fault));
    *file.bytes.borrow_mut() = vec![1; THREE_PAGES];
    assert_eq!(mapping.bytes(PAGE + 7, 4).unwrap(), [1; 4]);
    assert_eq!(mapping.bytes(2 * PAGE + 7, 4).unwrap(), [1; 4]);
}

#[test]
fn moves_overlap_both_ways_in_parts() {
    const SIZE: usize = 5 << 20; // Several parts.
    for (from, to) in [(0, 70_001), (70_001, 0), (5000, 5001), (3, 3)] {
        let mut expected = pattern(SIZE);
        let length = SIZE - 70_001;
        expected.copy_within(from..from + length, to);
        for access in [Access::Write, Access::Copy] {
            let file = Rc::new(fake(SIZE));
            let mapping = map(&file, access);
            mapping.copy_within(to as u64, from as u64, length as u64).unwrap();
            assert_eq!(mapping.bytes(0, SIZE as u64).unwrap(), expected, "{from} to {to}, {access:?}");
            let untouched = access == Access::Copy;
            assert_eq!(*file.bytes.borrow() == pattern(SIZE), untouched || from == to);
        }
    }
}

#[test]
fn a_move_of_private_pages_reads_neighbours_together() {
    let file = Rc::new(fake(64 * PAGE_SIZE));
    let mapping = map(&file, Access::Copy);
    mapping.copy_within(0, 32 * PAGE, 32 * PAGE).unwrap();
    assert_eq!(file.reads.get(), 2);
}

#[test]
fn searches_cross_windows() {
    let mut bytes = vec![b'.'; 3 << 20];
    for at in [4094, 200_000, (3 << 20) - 6] {
        bytes[at..at + 6].copy_from_slice(b"needle");
    }
    let length = bytes.len() as u64;
    let file = Rc::new(Fake { bytes: RefCell::new(bytes), ..Fake::default() });
    let mapping = map(&file, Access::Read);
    assert_eq!(mapping.find(b"needle", 0, length), Ok(Some(4094)));
    assert_eq!(mapping.find(b"needle", 4095, length), Ok(Some(200_000)));
    assert_eq!(mapping.find(b"needle", 200_001, length), Ok(Some(length - 6)));
    assert_eq!(mapping.find(b"needle", 200_001, length - 1), Ok(None));
    assert_eq!(mapping.rfind(b"needle", 0, length), Ok(Some(length - 6)));
    assert_eq!(mapping.rfind(b"needle", 0, length - 1), Ok(Some(200_000)));
    assert_eq!(mapping.rfind(b"needle", 0, 200_005), Ok(Some(4094)));
    assert_eq!(mapping.rfind(b"needle", 4095, 200_005), Ok(None));
}

#[test]
fn searches_agree_with_the_plain_one() {
    let bytes: Vec<u8> = (0..20_000_u32).map(|at| b'a' + u8::try_from(at * at / 7 % 2).unwrap()).collect();
    let file = Rc::new(Fake { bytes: RefCell::new(bytes.clone()), at_a_time: 1000, ..Fake::default() });
    let mapping = map(&file, Access::Read);
    for (start, length) in [(0, 3), (100, 9), (4000, 200), (8000, 5000), (19_990, 10)] {
        let needle = &bytes[start..start + length];
        let places: Vec<_> = bytes.windows(length).enumerate().filter(|(_, part)| *part == needle).collect();
        let place = |found: Option<&(usize, &[u8])>| Ok(found.map(|(at, _)| *at as u64));
        assert_eq!(mapping.find(needle, 0, u64::MAX), place(places.first()));
        assert_eq!(mapping.rfind(needle, 0, u64::MAX), place(places.last()));
    }
}

#[test]
fn a_search_needs_only_what_decides() {
    let file = Rc::new(fake(THREE_PAGES));
    let mapping = map(&file, Access::Read);
    file.bytes.borrow_mut().truncate(4096);
    let first = pattern(10);
    assert_eq!(mapping.find(&first, 0, u64::MAX), Ok(Some(0)));
    assert_eq!(mapping.find(b"nowhere in it", 0, u64::MAX), Err(ErrorCode::Fault));
    assert_eq!(mapping.find(b"nowhere in it", 0, 4096), Ok(None));
    assert_eq!(mapping.rfind(&first, 0, u64::MAX), Err(ErrorCode::Fault));
    assert_eq!(mapping.rfind(b"", 0, u64::MAX), Ok(Some(THREE_PAGES as u64)));
    assert_eq!(mapping.find(b"x", 5, 4), Ok(None));
}

#[test]
fn a_search_in_private_pages_needs_only_what_decides() {
    let file = Rc::new(fake(THREE_PAGES));
    let mapping = map(&file, Access::Copy);
    mapping.write(100, b"needle").unwrap();
    mapping.write(PAGE, b"lost").unwrap();
    file.bytes.borrow_mut().truncate(10);
    // The first window ends in the lost page.
    assert_eq!(mapping.find(b"needle", 50, u64::MAX), Ok(Some(100)));
    assert_eq!(mapping.bytes(PAGE - 1, 2), Err(ErrorCode::Fault));
    assert_eq!(mapping.find(b"lost", 50, u64::MAX), Err(ErrorCode::Fault));
    *file.bytes.borrow_mut() = vec![1; THREE_PAGES];
    assert_eq!(mapping.bytes(PAGE, 4).unwrap(), [1; 4], "a lost page is forgotten");
    assert_eq!(mapping.bytes(100, 6).unwrap(), *b"needle");
}

#[test]
fn memory_without_a_file_takes_what_is_used() {
    let mapping = memory(1 << 46);
    mapping.write((1 << 46) - 3, b"end").unwrap();
    assert_eq!(mapping.bytes((1 << 46) - 5, 5).unwrap(), *b"\0\0end");
    assert_eq!(mapping.write((1 << 46) - 2, b"end"), Err(ErrorCode::OutOfRange));
    assert_eq!(mapping.bytes(0, 1 << 46), Err(ErrorCode::NoMemory));
    mapping.resize(10).unwrap();
    mapping.write(0, b"0123456789").unwrap();
    mapping.resize(5).unwrap();
    mapping.resize(10).unwrap();
    assert_eq!(mapping.bytes(0, 10).unwrap(), *b"01234\0\0\0\0\0", "what was cut off comes back as zeros");
}

#[test]
fn sizes_that_no_system_has_are_errors() {
    let file = Rc::new(fake(THREE_PAGES));
    let posix = Request::Posix(Sharing::Shared, Protection::READ);
    let open = |length, request, offset| Mapping::of_file(Rc::clone(&file), length, request, offset).err();
    for huge in [u64::MAX, u64::MAX - PAGE, 1 << 63] {
        assert_eq!(open(huge, Request::Access(Access::Read), 0), Some(ErrorCode::PastEnd));
        assert_eq!(open(0, Request::Access(Access::Read), huge), Some(ErrorCode::PastEnd));
        assert_eq!(open(1, posix, huge), Some(ErrorCode::InvalidArgument));
        assert_eq!(open(huge, posix, 1), Some(ErrorCode::InvalidArgument));
        assert_eq!(Mapping::<Rc<Fake>>::of_memory(huge, posix).err(), Some(ErrorCode::NoMemory));
        let mapping = map(&file, Access::Write);
        assert_eq!(mapping.bytes(huge, 1), Err(ErrorCode::OutOfRange));
        assert_eq!(mapping.bytes(1, huge), Err(ErrorCode::OutOfRange));
        assert_eq!(mapping.copy_within(0, huge, huge), Err(ErrorCode::OutOfRange));
        assert_eq!(mapping.flush(huge, huge), Err(ErrorCode::OutOfRange));
        assert_eq!(mapping.find(b"x", huge, huge), Ok(None));
        assert_eq!(mapping.resize(huge), Err(ErrorCode::InvalidArgument));
    }
    let mut far = Mapping::of_file(Rc::clone(&file), i64::MAX as u64 - (1 << 62), posix, 1 << 62);
    assert_eq!(far.as_mut().err(), Some(&mut ErrorCode::NoMemory));
    let near = Mapping::of_file(Rc::clone(&file), 1, posix, i64::MAX as u64 - 1).unwrap();
    assert_eq!(near.bytes(0, 1), Err(ErrorCode::Fault));
}

#[test]
fn no_right_to_read_or_write() {
    let file = Rc::new(fake(THREE_PAGES));
    let none = Request::Posix(Sharing::Shared, Protection::empty());
    let mapping = Mapping::of_file(Rc::clone(&file), 0, none, 0).unwrap();
    assert_eq!(mapping.bytes(u64::MAX, 0), Err(ErrorCode::AccessDenied), "the right comes before the range");
    assert_eq!(mapping.find(b"", 0, 0), Err(ErrorCode::AccessDenied));
    assert_eq!(mapping.write(u64::MAX, b""), Err(ErrorCode::ReadOnly));
    assert_eq!(mapping.advise(0, 1, crate::bindings::exports::wasi_mmap::mmap::mapping::Advice::Random), Ok(()));
}
