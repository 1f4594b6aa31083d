//! Our own tests of the module `memmap2`. The variable `SPANS` says whether the host has spans: `yes` or `no`.

use memmap2::{Advice, Mmap, MmapMut, MmapOptions, MmapRaw, RemapOptions, UncheckedAdvice, Wasi};
use std::fs::{create_dir, remove_file, write, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use wasi_mmap::{error_code, ErrorCode};

const PAGE: usize = 4096;
const GRANULE: usize = 65_536;

/// A folder with one file of a pattern.
struct Fixture {
    folder: crate::TempDir,
    bytes: Vec<u8>,
}

impl Fixture {
    fn new(size: usize) -> Self {
        let folder = crate::tempdir().unwrap();
        let bytes: Vec<u8> = (0..size).map(|at| (at * 31 % 251) as u8).collect();
        write(folder.path().join("file"), &bytes).unwrap();
        Self { folder, bytes }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("file")
    }

    fn open(&self) -> File {
        OpenOptions::new().read(true).write(true).open(self.path()).unwrap()
    }

    fn map(&self) -> Mmap {
        // SAFETY: a test that changes the file uses no reference meanwhile.
        unsafe { Mmap::map(&self.open()) }.unwrap()
    }

    fn map_mut(&self) -> MmapMut {
        // SAFETY: as above.
        unsafe { MmapMut::map_mut(&self.open()) }.unwrap()
    }

    fn content(&self) -> Vec<u8> {
        std::fs::read(self.path()).unwrap()
    }
}

fn spans() -> bool {
    match std::env::var("SPANS").as_deref() {
        Ok("yes") => true,
        Ok("no") => false,
        other => panic!("SPANS is {other:?}"),
    }
}

/// The kind of an error, and its code in the contract.
fn refusal<T>(result: std::io::Result<T>) -> (ErrorKind, Option<ErrorCode>) {
    let error = result.err().expect("it was not refused");
    (error.kind(), error_code(&error))
}

const PAST_END: (ErrorKind, Option<ErrorCode>) = (ErrorKind::InvalidInput, Some(ErrorCode::PastEnd));
const OUTSIDE: (ErrorKind, Option<ErrorCode>) = (ErrorKind::InvalidInput, Some(ErrorCode::OutOfRange));
const DENIED: (ErrorKind, Option<ErrorCode>) = (ErrorKind::PermissionDenied, Some(ErrorCode::AccessDenied));
const UNSUPPORTED: (ErrorKind, Option<ErrorCode>) = (ErrorKind::Unsupported, Some(ErrorCode::Unsupported));

#[test]
fn sizes_that_nothing_has() {
    let fixture = Fixture::new(100);
    let file = fixture.open();
    // SAFETY: nothing is mapped.
    unsafe {
        assert_eq!(refusal(MmapOptions::new().offset(101).map(&file)), (ErrorKind::InvalidData, None));
        assert_eq!(refusal(MmapOptions::new().offset(u64::MAX).map_mut(&file)), (ErrorKind::InvalidData, None));
        for len in [usize::MAX, isize::MAX as usize + 1] {
            assert_eq!(refusal(MmapOptions::new().len(len).map(&file)), (ErrorKind::InvalidData, None));
        }
        // Rounded up to the granularity it does not fit into memory.
        let huge = refusal(MmapOptions::new().len(isize::MAX as usize).map(&file));
        assert!([(ErrorKind::OutOfMemory, Some(ErrorCode::NoMemory)), PAST_END].contains(&huge), "{huge:?}");
        let far = refusal(MmapOptions::new().offset(u64::MAX - 5).len(3).map(&file));
        assert_eq!(far.0, ErrorKind::InvalidInput);
        file.set_len(1 << 31).unwrap();
        assert_eq!(refusal(MmapOptions::new().map(&file)), (ErrorKind::InvalidData, None));
    }
    assert_eq!(refusal(MmapMut::map_anon(isize::MAX as usize)), (ErrorKind::OutOfMemory, Some(ErrorCode::NoMemory)));
}

#[test]
fn rights_that_a_file_has_not() {
    let fixture = Fixture::new(100);
    let readable = File::open(fixture.path()).unwrap();
    let writable = OpenOptions::new().write(true).open(fixture.path()).unwrap();
    // SAFETY: nobody changes the file meanwhile.
    unsafe {
        assert_eq!(refusal(MmapMut::map_mut(&readable)), DENIED);
        assert_eq!(refusal(MmapRaw::map_raw(&readable)), DENIED);
        assert_eq!(refusal(Mmap::map(&writable)), DENIED);
        assert_eq!(refusal(MmapOptions::new().map_copy(&writable)), DENIED);
        assert_eq!(refusal(MmapOptions::new().len(0).map_mut(&readable)), DENIED);
        assert_eq!(&MmapOptions::new().map_copy(&readable).unwrap()[..], &fixture.bytes[..]);
    }
    assert_eq!(fixture.content(), fixture.bytes);
}

#[test]
fn rights_of_an_empty_file() {
    let fixture = Fixture::new(0);
    let readable = File::open(fixture.path()).unwrap();
    // SAFETY: nothing is mapped.
    assert_eq!(refusal(unsafe { MmapMut::map_mut(&readable) }), DENIED);
}

#[test]
fn what_is_no_file() {
    let fixture = Fixture::new(1);
    let path = fixture.folder.path().join("folder");
    create_dir(&path).unwrap();
    // SAFETY: nothing is mapped.
    unsafe {
        assert_eq!(refusal(MmapOptions::new().len(1).map(&File::open(&path).unwrap())), UNSUPPORTED);
        assert_eq!(refusal(MmapOptions::new().len(1).map(&std::io::stdin())).0, ErrorKind::Unsupported);
        for number in [-1, 1000, i32::MAX] {
            let error = Mmap::map(number).err().unwrap();
            assert_eq!(error.raw_os_error(), Some(8), "{error}"); // EBADF
        }
        assert_eq!(refusal(Mmap::map(Wasi("/no/such/file"))).0, ErrorKind::NotFound);
    }
}

#[test]
fn ranges_outside() {
    let fixture = Fixture::new(100);
    let map = fixture.map_mut();
    for (offset, len) in [(0, 101), (101, 0), (100, 1), (1, usize::MAX), (usize::MAX, 2), (usize::MAX, usize::MAX)] {
        assert_eq!(refusal(map.flush_range(offset, len)), OUTSIDE);
        assert_eq!(refusal(map.flush_async_range(offset, len)), OUTSIDE);
        assert_eq!(refusal(map.advise_range(Advice::Normal, offset, len)), OUTSIDE);
    }
    for (offset, len) in [(0, 100), (100, 0), (0, 0), (99, 1)] {
        map.flush_range(offset, len).unwrap();
        map.flush_async_range(offset, len).unwrap();
        map.advise_range(Advice::WillNeed, offset, len).unwrap();
    }
}

#[test]
fn what_memory_is_not_for() {
    let fixture = Fixture::new(100);
    // SAFETY: nothing is mapped.
    assert_eq!(refusal(unsafe { MmapOptions::new().map_exec(&fixture.open()) }), UNSUPPORTED);
    assert_eq!(refusal(fixture.map_mut().make_exec()), UNSUPPORTED);
    assert!(Mmap::map_if_safe(&fixture.open()).unwrap_err().not_supported());
    let read_only = (ErrorKind::PermissionDenied, Some(ErrorCode::ReadOnly));
    assert_eq!(refusal(fixture.map().make_mut()), read_only);
}

#[test]
fn past_the_end_of_the_file() {
    let fixture = Fixture::new(100);
    let file = fixture.open();
    let options = |len| MmapOptions::new().len(len).clone();
    // SAFETY: only this test changes the file, and uses no reference meanwhile.
    let map = |len| unsafe { options(len).map_mut(&file) };
    {
        let mut map = map(PAGE).unwrap();
        assert_eq!(map[..100], fixture.bytes);
        assert!(map[100..].iter().all(|byte| *byte == 0), "the rest of the last page is zero");
        map[101] = 1;
    }
    assert_eq!(fixture.content(), fixture.bytes, "a map does not extend the file");
    if !spans() {
        assert_eq!(refusal(map(PAGE + 1)), PAST_END);
        assert_eq!(refusal(map(10 * GRANULE)), PAST_END);
        return;
    }
    let mut map = map(10 * GRANULE).unwrap();
    file.set_len(20 * GRANULE as u64).unwrap();
    map[10 * GRANULE - 1] = 7;
    assert_eq!(fixture.content()[10 * GRANULE - 1], 7, "a map sees the file grow");
    assert!(!map.faulted());
}

#[test]
fn a_file_that_is_cut() {
    let fixture = Fixture::new(3 * GRANULE);
    let mut map = fixture.map_mut();
    map[0] = 0xaa;
    map[2 * GRANULE] = 0xbb;
    map.flush_async().unwrap();
    map[1] = 0xcc;
    if !spans() {
        map[2 * GRANULE + 1] = 0xdd; // A span would have stored it in the file.
    }
    let file = fixture.open();
    file.set_len(PAGE as u64).unwrap();
    assert_eq!(refusal(map.flush()), (ErrorKind::Other, Some(ErrorCode::Fault)));
    assert_eq!(fixture.content()[..3], [0xaa, 0xcc, fixture.bytes[2]], "what is there is stored all the same");
    assert!(!map.faulted(), "nobody has touched what is not there");
    if spans() {
        map[2 * GRANULE + 2] = 0xee;
        assert_eq!((map[0], map[2 * GRANULE], map.faulted()), (0xaa, 0, true));
        file.set_len(3 * GRANULE as u64).unwrap();
        drop(map);
        assert_eq!(fixture.content()[2 * GRANULE..][..3], [0, 0, 0], "what is lost is lost");
    } else {
        assert_eq!(map[2 * GRANULE], 0xbb);
        file.set_len(3 * GRANULE as u64).unwrap();
        map.flush().unwrap();
        assert_eq!(fixture.content()[2 * GRANULE..][..2], [0, 0xdd], "what was not stored is tried again, and no more");
    }
}

#[test]
fn a_file_that_is_cut_before_the_end_of_a_copy() {
    let fixture = Fixture::new(3 * GRANULE);
    if spans() {
        return;
    }
    let mut map = fixture.map_mut();
    map.fill(1);
    fixture.open().set_len(1).unwrap();
    drop(map);
    assert_eq!(fixture.content(), [1], "a map does not extend the file");
}

#[test]
fn every_offset() {
    let fixture = Fixture::new(3 * GRANULE + 5);
    let size = fixture.bytes.len();
    for offset in [0, 1, PAGE - 1, PAGE, GRANULE - 1, GRANULE, GRANULE + 1, 2 * GRANULE + PAGE + 3, size - 1] {
        for len in [1, 2, PAGE, GRANULE, GRANULE + 1, size].map(|len: usize| len.min(size - offset)) {
            let mut options = MmapOptions::new();
            options.offset(offset as u64).len(len);
            // SAFETY: nobody changes the file meanwhile.
            let map = unsafe { options.map(&fixture.open()) }.unwrap();
            assert_eq!(map.is_span(), spans());
            assert!(map[..] == fixture.bytes[offset..offset + len], "{offset} {len}");
            assert_eq!(map.as_ptr() as usize % PAGE, offset % PAGE, "as aligned as natively");
        }
        // SAFETY: as above.
        let rest = unsafe { MmapOptions::new().offset(offset as u64).populate().map(&fixture.open()) }.unwrap();
        assert!(rest[..] == fixture.bytes[offset..]);
    }
    // SAFETY: as above.
    assert!(unsafe { MmapOptions::new().offset(size as u64).map(&fixture.open()) }.unwrap().is_empty());
}

#[test]
fn changes_reach_the_file() {
    let mut fixture = Fixture::new(3 * GRANULE + 5);
    for (offset, at, len) in [(0, 0, 1), (1, GRANULE - 2, 3), (PAGE + 1, 0, 2 * GRANULE), (3, GRANULE - 1, GRANULE + 2)]
    {
        for flush in [MmapMut::flush, MmapMut::flush_async, |_: &MmapMut| Ok(())] {
            let mut options = MmapOptions::new();
            options.offset(offset as u64);
            // SAFETY: nobody else changes the file.
            let mut map = unsafe { options.map_mut(&fixture.open()) }.unwrap();
            let changed = &mut fixture.bytes[offset + at..offset + at + len];
            changed.iter_mut().for_each(|byte| *byte = byte.wrapping_add(1));
            map[at..at + len].copy_from_slice(changed);
            flush(&map).unwrap();
            drop(map);
            assert!(fixture.content() == fixture.bytes, "{offset} {at} {len}");
        }
    }
}

#[test]
fn a_flush_of_a_range_stores_it() {
    let fixture = Fixture::new(3 * GRANULE);
    let mut map = fixture.map_mut();
    map[GRANULE - 1..=GRANULE].copy_from_slice(&[1, 2]);
    map.flush_range(GRANULE - 1, 2).unwrap();
    assert_eq!(fixture.content()[GRANULE - 1..=GRANULE], [1, 2]);
    if !spans() {
        map[0] = 9;
        map.flush_async_range(1, 3 * GRANULE - 1).unwrap();
        assert_eq!(fixture.content()[0], 0, "and nothing else of a copy");
    }
}

#[test]
fn what_others_change_stays() {
    let fixture = Fixture::new(2 * GRANULE);
    let mut map = fixture.map_mut();
    map[10] = 0xaa;
    map[20] = 0xbb;
    map[GRANULE + 5] = 0xcc;
    let mut file = fixture.open();
    for at in [0, 15, GRANULE + 6] {
        file.seek(SeekFrom::Start(at as u64)).unwrap();
        file.write_all(&[0xee]).unwrap();
    }
    map.flush().unwrap();
    drop(map);
    let mut expected = fixture.bytes.clone();
    for (at, byte) in [(0, 0xee), (10, 0xaa), (15, 0xee), (20, 0xbb), (GRANULE + 5, 0xcc), (GRANULE + 6, 0xee)] {
        expected[at] = byte;
    }
    assert!(fixture.content() == expected);
}

#[test]
fn a_byte_that_is_changed_back_is_stored() {
    let fixture = Fixture::new(10);
    let mut map = fixture.map_mut();
    map[0] = 0xaa;
    map.flush_async().unwrap();
    map[0] = fixture.bytes[0];
    map.flush_async().unwrap();
    assert_eq!(fixture.content(), fixture.bytes);
}

#[test]
fn spans_are_the_file() {
    let fixture = Fixture::new(GRANULE);
    let (reader, mut writer) = (fixture.map(), fixture.map_mut());
    assert_eq!((reader.is_span(), writer.is_span()), (spans(), spans()));
    writer[7] = 0xaa;
    if spans() {
        assert_eq!((reader[7], fixture.content()[7]), (0xaa, 0xaa));
        let mut file = fixture.open();
        file.write_all(b"hello").unwrap();
        assert_eq!((&reader[..5], &writer[..5]), (&b"hello"[..], &b"hello"[..]));
    } else {
        assert_eq!((reader[7], fixture.content()[7]), (fixture.bytes[7], fixture.bytes[7]));
    }
    assert!(!reader.faulted() && !writer.faulted());
}

#[test]
fn private_changes_stay_private() {
    let fixture = Fixture::new(2 * GRANULE);
    // SAFETY: nobody changes the file meanwhile.
    let (mut copy, read_only) = unsafe {
        let mut options = MmapOptions::new();
        (options.map_copy(&fixture.open()).unwrap(), options.offset(5).map_copy_read_only(&fixture.open()).unwrap())
    };
    assert_eq!((copy.is_span(), read_only.is_span()), (spans(), spans()));
    copy.fill(1);
    copy.flush().unwrap();
    assert!(read_only[..] == fixture.bytes[5..]);
    let mut changed = read_only.make_mut().unwrap();
    changed[0] = 2;
    let changed = changed.make_read_only().unwrap();
    assert_eq!((changed[0], copy[5]), (2, 1));
    drop((changed, copy));
    assert!(fixture.content() == fixture.bytes);
}

#[test]
fn the_end_of_changes_makes_them_the_files() {
    let fixture = Fixture::new(10);
    let mut map = fixture.map_mut();
    map[0] = 0xaa;
    let map = map.make_read_only().unwrap();
    assert_eq!((map[0], fixture.content()[0]), (0xaa, 0xaa));
    let mut map = map.make_mut().unwrap();
    map[1] = 0xbb;
    drop(map);
    assert_eq!(fixture.content()[..2], [0xaa, 0xbb]);
}

#[test]
fn through_pointers() {
    let fixture = Fixture::new(GRANULE + 1);
    let raw = MmapRaw::map_raw(&fixture.open()).unwrap();
    // SAFETY: the map has so many bytes, and no reference to them exists.
    unsafe { raw.as_mut_ptr().add(GRANULE).write(0xaa) };
    raw.flush().unwrap();
    assert_eq!((raw.len(), fixture.content()[GRANULE]), (GRANULE + 1, 0xaa));
    let raw: MmapRaw = fixture.map().into();
    // SAFETY: as above.
    assert_eq!(unsafe { raw.as_ptr().add(GRANULE).read() }, 0xaa);
    raw.advise(Advice::Random).unwrap();
    // SAFETY: as above.
    unsafe { raw.as_mut_ptr().write(0xcc) };
    // SAFETY: as above.
    assert_eq!(unsafe { raw.as_ptr().read() }, 0xcc);
    assert_eq!(fixture.content()[0], fixture.bytes[0], "what is mapped for reading does not change the file");
    assert_eq!(format!("{raw:?}"), format!("MmapRaw {{ ptr: {:?}, len: 65537 }}", raw.as_ptr()));
}

#[test]
fn a_map_outlives_its_file() {
    let fixture = Fixture::new(GRANULE);
    let (file, second) = (fixture.open(), fixture.open());
    // SAFETY: nobody else changes the file.
    let mut map = unsafe { MmapMut::map_mut(&file) }.unwrap();
    drop(file);
    remove_file(fixture.path()).unwrap();
    map[0] = 0xaa;
    map.flush().unwrap();
    let mut first = [0];
    (&second).read_exact(&mut first).unwrap();
    assert_eq!((first, map[1..].len()), ([0xaa], GRANULE - 1));
}

#[test]
fn paths_of_wasi() {
    let fixture = Fixture::new(100);
    let path = fixture.path();
    // SAFETY: nobody else changes the file.
    unsafe {
        assert_eq!(&Mmap::map(Wasi(path.as_path())).unwrap()[..], &fixture.bytes[..]);
        MmapMut::map_mut(Wasi(path.to_str().unwrap())).unwrap()[0] = 0xaa;
    }
    assert_eq!(fixture.content()[0], 0xaa);
}

/// The allocator has the region again: writes there do not reach the file, and no memory is lost.
#[test]
fn memory_comes_back() {
    let fixture = Fixture::new(40 * GRANULE);
    let round = || {
        let (map, mut copy) = (fixture.map(), fixture.map_mut());
        copy[0] ^= 0xff;
        copy[0] ^= 0xff;
        drop(map);
        let other = vec![0xab_u8; 50 * GRANULE];
        assert!(copy[..] == fixture.bytes[..]);
        drop(copy);
        let another = vec![0xcd_u8; 50 * GRANULE];
        assert!(other.iter().all(|byte| *byte == 0xab) && another.iter().all(|byte| *byte == 0xcd));
    };
    (0..3).for_each(|_| round());
    let pages = std::arch::wasm32::memory_size(0);
    (0..20).for_each(|_| round());
    assert_eq!(std::arch::wasm32::memory_size(0), pages);
    assert!(fixture.content() == fixture.bytes);
}

/// An allocator keeps its lists in free memory, and they do not reach the file.
#[test]
fn free_memory_is_no_file() {
    let fixture = Fixture::new(2 * GRANULE);
    for _ in 0..10 {
        let map = fixture.map_mut();
        // No free memory lies beside the region.
        let held: Vec<_> = (4..=16).rev().flat_map(|bits| vec![vec![1_u8; (1 << bits) - 8]; 40]).collect();
        drop(map);
        assert!(fixture.content() == fixture.bytes);
        drop(held);
    }
}

/// `memory.grow` does not move the map.
#[test]
fn maps_stay_while_memory_grows() {
    let fixture = Fixture::new(2 * GRANULE);
    let (reader, mut writer) = (fixture.map(), fixture.map_mut());
    let pages = std::arch::wasm32::memory_size(0);
    let mut held = Vec::new();
    while std::arch::wasm32::memory_size(0) == pages {
        held.push(vec![1_u8; 16 * GRANULE]);
    }
    assert!(reader[..] == fixture.bytes[..]);
    writer[GRANULE] = 0xaa;
    drop((reader, writer));
    assert!(held.iter().flatten().all(|byte| *byte == 1));
    assert_eq!(fixture.content()[GRANULE], 0xaa);
}

#[test]
fn many_maps() {
    let fixture = Fixture::new(GRANULE + 1);
    let file = fixture.open();
    // SAFETY: nobody changes the file meanwhile.
    let maps: Vec<_> = (0..200).map(|at| unsafe { MmapOptions::new().offset(at).map(&file) }.unwrap()).collect();
    for (at, map) in maps.iter().enumerate() {
        assert_eq!((map[0], map.len(), map.is_span()), (fixture.bytes[at], GRANULE + 1 - at, spans()));
    }
}

#[test]
fn a_map_grows_as_long_as_its_file_is_open() {
    let fixture = Fixture::new(4 * GRANULE);
    let moving = RemapOptions::new().may_move(true);
    let part = |file: &File| {
        // SAFETY: nobody changes the file meanwhile.
        let map = unsafe { MmapOptions::new().len(GRANULE).map_mut(file) };
        map.unwrap()
    };
    let remap = |map: &mut MmapMut, len, options| {
        // SAFETY: no reference is used across the call.
        unsafe { map.remap(len, options) }
    };
    let file = fixture.open();
    let mut map = part(&file);
    map[0] = 0xaa;
    let stays = refusal(remap(&mut map, 2 * GRANULE, RemapOptions::new()));
    assert_eq!(stays, (ErrorKind::OutOfMemory, Some(ErrorCode::NoMemory)));
    remap(&mut map, 2 * GRANULE, moving).unwrap();
    assert_eq!((map.is_span(), map[0], map.len()), (spans(), 0xaa, 2 * GRANULE));
    drop(file);
    let closed = (ErrorKind::InvalidInput, Some(ErrorCode::BadDescriptor));
    assert_eq!(refusal(remap(&mut map, 3 * GRANULE, moving)), closed);
    // Another file under the same number.
    let other = Fixture::new(4 * GRANULE);
    let file = other.open();
    assert_eq!(refusal(remap(&mut map, 3 * GRANULE, moving)), closed);
    assert_eq!((map[0], map.len()), (0xaa, 2 * GRANULE), "as before");
    drop((file, map));
    assert_eq!(other.content(), other.bytes);
    assert_eq!(fixture.content()[0], 0xaa);

    let path = fixture.path();
    // SAFETY: nobody else changes the file.
    let mut map = unsafe { MmapOptions::new().len(GRANULE).map_mut(Wasi(path.as_path())) }.unwrap();
    assert_eq!(refusal(remap(&mut map, 2 * GRANULE, moving)), UNSUPPORTED);
}

#[test]
fn past_the_end_of_a_file_that_grows_later() {
    let fixture = Fixture::new(GRANULE);
    let file = fixture.open();
    // SAFETY: nobody else changes the file.
    let mut map = unsafe { Mmap::map(&file) }.unwrap();
    // SAFETY: no reference is used across the call.
    let longer = unsafe { map.remap(3 * GRANULE, RemapOptions::new().may_move(true)) };
    if !spans() {
        assert_eq!(refusal(longer), PAST_END);
        assert_eq!(map.len(), GRANULE);
        return;
    }
    longer.unwrap();
    file.set_len(3 * GRANULE as u64).unwrap();
    assert_eq!((map.len(), map[0], map[3 * GRANULE - 1]), (3 * GRANULE, fixture.bytes[0], 0));
    assert!(!map.faulted());
}

#[test]
fn locks() {
    let fixture = Fixture::new(2 * GRANULE);
    let (reader, writer) = (fixture.map(), fixture.map_mut());
    // SAFETY: nobody else changes the file.
    let copy = unsafe { MmapOptions::new().map_copy(&fixture.open()) }.unwrap();
    let anonymous = MmapMut::map_anon(10).unwrap();
    for map in [&writer, &copy, &anonymous] {
        let locked = map.lock();
        if std::ptr::eq(map, &raw const writer) && spans() {
            locked.unwrap();
        } else {
            assert_eq!(refusal(locked), UNSUPPORTED);
        }
        map.unlock().unwrap();
    }
    assert_eq!(reader.lock().is_ok(), spans());
    reader.unlock().unwrap();
    MmapMut::map_anon(0).unwrap().lock().unwrap();
    assert!(reader[..] == fixture.bytes[..]);
}

#[test]
fn advice_that_is_not_supported() {
    let fixture = Fixture::new(GRANULE);
    let map = fixture.map();
    let invalid = (ErrorKind::InvalidInput, Some(ErrorCode::InvalidArgument));
    for advice in [Advice::HugePage, Advice::NoHugePage, Advice::Mergeable, Advice::Unmergeable, Advice::HwPoison] {
        assert!(!advice.is_supported());
        assert_eq!(refusal(map.advise(advice)), invalid);
    }
    assert!(UncheckedAdvice::DontNeed.is_supported() && UncheckedAdvice::Free.is_supported());
    assert!(!UncheckedAdvice::Remove.is_supported());
    // SAFETY: it does nothing.
    assert_eq!(refusal(unsafe { fixture.map_mut().unchecked_advise(UncheckedAdvice::Remove) }), invalid);
    assert_eq!(fixture.content(), fixture.bytes);
}

#[test]
fn a_store_of_the_byte_that_is_there_makes_a_page_private() {
    let fixture = Fixture::new(2 * GRANULE);
    let path = fixture.path();
    // SAFETY: no reference to its bytes is used while the file changes.
    let mut map = unsafe { MmapOptions::new().map_copy(&fixture.open()) }.unwrap();
    let mapping = wasi_mmap::MmapOptions::new().map_copy(path.to_str().unwrap()).unwrap();
    // SAFETY: the map has this byte.
    unsafe { map.as_mut_ptr().write_volatile(fixture.bytes[0]) };
    mapping.write_all_at(&fixture.bytes[..1], 0).unwrap();
    fixture.open().write_all(&[0xff; 2 * GRANULE]).unwrap();
    let mut page = [0; PAGE];
    mapping.read_exact_at(&mut page, 0).unwrap();
    assert!(page[..] == fixture.bytes[..PAGE]);
    assert!(map[..PAGE] == fixture.bytes[..PAGE]);
    mapping.read_exact_at(&mut page, GRANULE as u64).unwrap();
    assert!(page == [0xff; PAGE]);
}

#[test]
fn private_pages_come_back_as_long_as_the_file_is_open() {
    let fixture = Fixture::new(GRANULE);
    let file = fixture.open();
    // SAFETY: nobody else changes the file.
    let mut map = unsafe { MmapOptions::new().map_copy(&file) }.unwrap();
    map.fill(0);
    drop(file);
    // SAFETY: no reference is used across the call.
    let discarded = unsafe { map.unchecked_advise(UncheckedAdvice::DontNeed) };
    if spans() {
        assert_eq!(refusal(discarded), (ErrorKind::InvalidInput, Some(ErrorCode::BadDescriptor)));
        assert_eq!(map[0], 0);
    } else {
        discarded.unwrap();
        assert!(map[..] == fixture.bytes[..]);
    }
}
