//! What maps do, with memmap2 itself on Linux and with our place of it in WASI: the same.

use memmap2::{
    Advice, Mmap, MmapAsRawDesc, MmapMut, MmapOptions, MmapRaw, MmapRawDescriptor, RemapOptions, UncheckedAdvice,
};
use std::fs::{remove_file, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A page natively, of which those of WebAssembly are a multiple.
const PAGE: usize = 4096;
const GRANULE: usize = 65_536;

/// A file that is removed at the end.
struct Fixture {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Fixture {
    fn new(size: usize) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        // Both functions panic in WASI.
        let (folder, process) =
            if cfg!(target_os = "wasi") { (PathBuf::from("/"), 0) } else { (std::env::temp_dir(), std::process::id()) };
        let bytes: Vec<u8> = (0..size).map(|at| (at * 31 % 251) as u8 | 1).collect();
        let path = folder.join(format!("portable-{process}-{count}"));
        std::fs::write(&path, &bytes).unwrap();
        Self { path, bytes }
    }

    fn open(&self) -> File {
        OpenOptions::new().read(true).write(true).open(&self.path).unwrap()
    }

    fn open_to_read(&self) -> File {
        File::open(&self.path).unwrap()
    }

    fn content(&self) -> Vec<u8> {
        std::fs::read(&self.path).unwrap()
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        let _ = remove_file(&self.path);
    }
}

fn moving() -> RemapOptions {
    RemapOptions::new().may_move(true)
}

#[test]
fn memory_without_a_file_grows_and_shrinks() {
    let mut map = MmapMut::map_anon(100).unwrap();
    map.fill(7);
    // SAFETY: no reference is used across the calls, here and below.
    unsafe {
        map.remap(PAGE, RemapOptions::new()).unwrap();
        assert!(map[..100].iter().all(|byte| *byte == 7) && map[100..].iter().all(|byte| *byte == 0));
        map.fill(8);
        map.remap(5 * GRANULE + 1, moving()).unwrap();
        assert_eq!(map.len(), 5 * GRANULE + 1);
        assert!(map[..PAGE].iter().all(|byte| *byte == 8) && map[PAGE..].iter().all(|byte| *byte == 0));
        map.fill(9);
        map.remap(10, RemapOptions::new()).unwrap();
        assert_eq!(&map[..], [9; 10]);
        map.remap(2 * PAGE, moving()).unwrap();
        assert!(map[..10].iter().all(|byte| *byte == 9) && map[PAGE..].iter().all(|byte| *byte == 0));
    }
    let mut none = MmapMut::map_anon(0).unwrap();
    // SAFETY: as above.
    unsafe { none.remap(3 * GRANULE, moving()).unwrap() };
    assert!(none.len() == 3 * GRANULE && none.iter().all(|byte| *byte == 0));
}

#[test]
fn a_map_follows_its_file_as_it_grows() {
    let fixture = Fixture::new(100);
    let file = fixture.open();
    // SAFETY: nobody else changes the file.
    let (mut map, mut reader) = unsafe { (MmapMut::map_mut(&file).unwrap(), Mmap::map(&file).unwrap()) };
    let mut expected = fixture.bytes.clone();
    for size in [PAGE, GRANULE, GRANULE + 1, 3 * GRANULE + 77, 40 * GRANULE] {
        map[0] = map[0].wrapping_add(1);
        expected[0] = map[0];
        file.set_len(size as u64).unwrap();
        expected.resize(size, 0);
        // SAFETY: as above.
        unsafe { map.remap(size, moving()) }.unwrap();
        map[size - 1] = 0xee;
        expected[size - 1] = 0xee;
        map.flush().unwrap();
        // SAFETY: as above.
        unsafe { reader.remap(size, moving()) }.unwrap();
        assert!(map[..] == expected[..] && fixture.content() == expected, "{size}");
        assert_eq!((reader.len(), reader[size / 2]), (size, expected[size / 2]));
    }
    // SAFETY: as above.
    unsafe { map.remap(50, RemapOptions::new()) }.unwrap();
    map.fill(3);
    drop(map);
    expected[..50].fill(3);
    assert!(fixture.content() == expected, "a shorter map leaves the file its length");
}

#[test]
fn a_part_of_a_file_grows() {
    let fixture = Fixture::new(4 * GRANULE);
    let file = fixture.open();
    for offset in [0, 1, PAGE + 3, GRANULE - 1, GRANULE] {
        // SAFETY: nobody else changes the file.
        unsafe {
            let mut map = MmapOptions::new().offset(offset as u64).len(10).map(&file).unwrap();
            let mut raw = MmapOptions::new().offset(offset as u64).len(10).map_raw(&file).unwrap();
            for len in [11, PAGE, GRANULE + 5, 2 * GRANULE] {
                map.remap(len, moving()).unwrap();
                raw.remap(len, moving()).unwrap();
                assert!(map[..] == fixture.bytes[offset..offset + len], "{offset} {len}");
                assert_eq!((raw.len(), *raw.as_ptr().add(len - 1)), (len, fixture.bytes[offset + len - 1]));
                assert_eq!(map.as_ptr() as usize % PAGE, offset % PAGE, "as aligned as before");
            }
        }
    }
}

#[test]
fn private_changes_move_along() {
    let fixture = Fixture::new(4 * GRANULE);
    let file = fixture.open_to_read();
    // SAFETY: nobody changes the file.
    let mut map = unsafe { MmapOptions::new().len(GRANULE + 1).map_copy(&file) }.unwrap();
    map[5] = 0;
    map[GRANULE] = 0;
    // SAFETY: as above.
    unsafe { map.remap(4 * GRANULE, moving()) }.unwrap();
    let mut expected = fixture.bytes.clone();
    expected[5] = 0;
    expected[GRANULE] = 0;
    assert!(map[..] == expected[..] && fixture.content() == fixture.bytes);
    map[3 * GRANULE] = 0;
    drop(map);
    assert!(fixture.content() == fixture.bytes);
}

#[test]
fn lengths_that_cannot_be() {
    let fixture = Fixture::new(100);
    let file = fixture.open();
    // SAFETY: nobody else changes the file.
    unsafe {
        let mut map = MmapMut::map_mut(&file).unwrap();
        map[0] = 0xaa;
        #[cfg(target_pointer_width = "32")]
        assert_eq!(map.remap(usize::MAX, moving()).unwrap_err().kind(), ErrorKind::InvalidData);
        map.remap(isize::MAX as usize, moving()).unwrap_err();
        assert_eq!((map.len(), map[0]), (100, 0xaa), "as before");
        map.remap(0, RemapOptions::new()).unwrap();
        assert!(map.is_empty());
        map.remap(60, moving()).unwrap();
        assert_eq!(&map[1..], &fixture.bytes[1..60]);
    }
}

#[test]
fn what_is_not_needed_comes_back_from_the_file() {
    let fixture = Fixture::new(3 * GRANULE + 5);
    let file = fixture.open();
    // SAFETY: no reference is used across the calls.
    unsafe {
        let mut copy = MmapOptions::new().offset(3).map_copy(&file).unwrap();
        let mut shared = MmapOptions::new().map_mut(&file).unwrap();
        copy.fill(0);
        shared[GRANULE] = 0;
        copy.unchecked_advise_range(UncheckedAdvice::DontNeed, PAGE + 9, PAGE).unwrap();
        shared.unchecked_advise(UncheckedAdvice::DontNeed).unwrap();
        // The range is widened to pages, which begin 3 bytes before the map.
        let (start, end) = (PAGE - 3, 3 * PAGE - 3);
        assert!(copy[..start].iter().all(|byte| *byte == 0) && copy[end..].iter().all(|byte| *byte == 0));
        assert!(copy[start..end] == fixture.bytes[PAGE..3 * PAGE]);
        copy.unchecked_advise(UncheckedAdvice::DontNeed).unwrap();
        assert_eq!((copy[0], shared[GRANULE]), (fixture.bytes[3], 0));
        drop(copy);
        shared.flush().unwrap();
    }
    let mut expected = fixture.bytes.clone();
    expected[GRANULE] = 0;
    assert!(fixture.content() == expected);
}

#[test]
fn what_others_wrote_is_seen_after_dont_need() {
    let fixture = Fixture::new(2 * GRANULE);
    let mut file = fixture.open();
    // SAFETY: no reference is used across the calls.
    unsafe {
        let (map, mut writer) = (Mmap::map(&file).unwrap(), MmapMut::map_mut(&file).unwrap());
        writer[10] = 0xaa;
        writer.flush_async().unwrap();
        file.seek(SeekFrom::Start(GRANULE as u64)).unwrap();
        file.write_all(b"news").unwrap();
        map.unchecked_advise(UncheckedAdvice::DontNeed).unwrap();
        writer.unchecked_advise(UncheckedAdvice::DontNeed).unwrap();
        assert_eq!((&map[GRANULE..GRANULE + 4], map[10]), (&b"news"[..], 0xaa));
        assert_eq!((&writer[GRANULE..GRANULE + 4], writer[10]), (&b"news"[..], 0xaa));
    }
}

#[test]
fn memory_that_is_not_needed_is_zeros() {
    let mut map = MmapMut::map_anon(5 * GRANULE).unwrap();
    map.fill(1);
    // SAFETY: no reference is used across the calls.
    unsafe {
        map.unchecked_advise_range(UncheckedAdvice::DontNeed, GRANULE, GRANULE).unwrap();
        assert!(map[GRANULE..2 * GRANULE].iter().all(|byte| *byte == 0));
        assert!(map[..GRANULE].iter().chain(&map[2 * GRANULE..]).all(|byte| *byte == 1));
        map.unchecked_advise_range(UncheckedAdvice::Free, 3 * GRANULE, GRANULE).unwrap();
        assert!(map[3 * GRANULE] <= 1);
        let fixture = Fixture::new(GRANULE);
        let file = MmapMut::map_mut(&fixture.open()).unwrap();
        let free = file.unchecked_advise(UncheckedAdvice::Free);
        assert_eq!(free.unwrap_err().kind(), ErrorKind::InvalidInput, "memory without a file only");
    }
}

#[test]
fn advice_that_changes_nothing() {
    let fixture = Fixture::new(GRANULE + 1);
    let file = fixture.open();
    // SAFETY: nobody else changes the file.
    let (map, shared) = unsafe { (Mmap::map(&file).unwrap(), MmapMut::map_mut(&file).unwrap()) };
    let all = [
        Advice::Normal,
        Advice::Random,
        Advice::Sequential,
        Advice::WillNeed,
        Advice::DontFork,
        Advice::DoFork,
        Advice::DontDump,
        Advice::DoDump,
        Advice::PopulateRead,
    ];
    for advice in all {
        assert!(advice.is_supported(), "{advice:?}");
        map.advise(advice).unwrap();
        shared.advise_range(advice, PAGE, PAGE).unwrap();
        MmapMut::map_anon(GRANULE).unwrap().advise(advice).unwrap();
        assert_eq!(map.advise_range(advice, GRANULE + 2, 0).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    shared.advise(Advice::PopulateWrite).unwrap();
    map.advise(Advice::PopulateWrite).unwrap_err();
    assert!(map[..] == fixture.bytes[..] && fixture.content() == fixture.bytes);
    for advice in [Advice::HugePage, Advice::Mergeable] {
        assert!(advice.is_supported() || map.advise(advice).unwrap_err().kind() == ErrorKind::InvalidInput);
    }
}

#[test]
fn a_map_for_reading_becomes_writable_with_its_file() {
    let fixture = Fixture::new(GRANULE + 9);
    let file = fixture.open();
    // SAFETY: nobody else changes the file.
    let mut map = unsafe { MmapOptions::new().offset(5).map(&file) }.unwrap().make_mut().unwrap();
    map[GRANULE] = 0xaa;
    map.flush().unwrap();
    drop(map);
    let mut expected = fixture.bytes.clone();
    expected[GRANULE + 5] = 0xaa;
    assert!(fixture.content() == expected);
    // SAFETY: as above.
    let refused = unsafe { Mmap::map(&fixture.open_to_read()) }.unwrap().make_mut();
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::PermissionDenied);
}

/// A type of a program's own that has a file.
struct Named {
    file: File,
}

impl MmapAsRawDesc for &Named {
    fn as_raw_desc(&self) -> MmapRawDescriptor {
        (&self.file).as_raw_desc()
    }
}

#[test]
fn types_that_have_a_file() {
    let fixture = Fixture::new(100);
    let named = Named { file: fixture.open() };
    // SAFETY: nobody else changes the file.
    unsafe {
        assert_eq!(&Mmap::map(&named).unwrap()[..], &fixture.bytes[..]);
        MmapMut::map_mut(&named).unwrap()[0] = 0xaa;
    }
    assert_eq!(MmapRaw::map_raw(&named).unwrap().len(), 100);
    let mut first = [0];
    (&named.file).read_exact(&mut first).unwrap();
    assert_eq!(first, [0xaa]);
}

#[test]
fn only_files_that_cannot_change_are_safe() {
    let fixture = Fixture::new(100);
    let error = Mmap::map_if_safe(&fixture.open()).unwrap_err();
    assert!(!error.map_failed() && error.not_safe() != error.not_supported());
}
