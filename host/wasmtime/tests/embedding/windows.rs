//! What tests ask Windows for, and what only Windows does.

use crate::common::{alone, guest, linker, run, store, with_spans, Folder};
use std::ffi::c_void;
use std::fs::File;
use std::os::windows::io::AsRawHandle;
use std::path::Path;
use std::sync::Once;
use wasmtime::Engine;
use wasmtime_wasi_mmap::{live_regions, WasiMmapCtx};

#[repr(C)]
#[derive(Default)]
struct Pages {
    base: usize,
    allocation: usize,
    allocation_protection: u32,
    partition: u16,
    size: usize,
    state: u32,
    protection: u32,
    kind: u32,
}

type Flush = unsafe extern "system" fn(*const c_void, usize) -> i32;

#[link(name = "kernel32")]
extern "system" {
    fn VirtualQuery(address: *const c_void, result: *mut Pages, size: usize) -> usize;
    fn VirtualProtect(address: *const c_void, size: usize, protection: u32, before: *mut u32) -> i32;
    fn GetCurrentProcess() -> *mut c_void;
    fn K32GetMappedFileNameW(process: *mut c_void, address: *const c_void, name: *mut u16, size: u32) -> u32;
    fn DeviceIoControl(
        device: *mut c_void,
        code: u32,
        input: *const c_void,
        input_size: u32,
        output: *mut c_void,
        output_size: u32,
        returned: *mut u32,
        overlapped: *mut c_void,
    ) -> i32;
}

extern "C" {
    /// An entry of the table through which the core calls Windows.
    #[link_name = "__imp_FlushViewOfFile"]
    static mut FLUSH: Flush;
}

static mut FLUSH_OF_SYSTEM: Option<Flush> = None;

unsafe extern "system" fn flush(start: *const c_void, length: usize) -> i32 {
    crate::disk::before_flush();
    // SAFETY: it was set before this function could be called; the caller keeps the rules.
    unsafe { FLUSH_OF_SYSTEM.map_or(0, |flush| flush(start, length)) }
}

/// Has the core's flushes call [`crate::disk::before_flush`].
pub fn watch_flushes() {
    static WATCHED: Once = Once::new();
    const READ_WRITE: u32 = 4;
    WATCHED.call_once(|| {
        let mut before = 0;
        // SAFETY: nothing flushes yet, and the entry is a pointer of the program.
        unsafe {
            FLUSH_OF_SYSTEM = Some(FLUSH);
            assert_ne!(VirtualProtect((&raw const FLUSH).cast(), size_of::<Flush>(), READ_WRITE, &raw mut before), 0);
            FLUSH = flush;
        }
    });
}

/// Makes a file take no more of the disk than is written.
pub fn make_sparse(file: &File) {
    const SET_SPARSE: u32 = 0x0009_00c4;
    let (none, mut returned) = (std::ptr::null_mut(), 0);
    // SAFETY: the handle is open, and the call has neither input nor output.
    unsafe { DeviceIoControl(file.as_raw_handle(), SET_SPARSE, none, 0, none, 0, &raw mut returned, none) };
}

/// The number of views that the process has of a file.
pub fn areas_of(path: &Path) -> usize {
    const MAPPED: u32 = 0x40000;
    let folder = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
    let end = format!("\\{folder}\\{}", path.file_name().unwrap().to_str().unwrap());
    let (mut address, mut views, mut pages) = (0, 0, Pages::default());
    // SAFETY: both calls only look, and write inside of what they are given.
    unsafe {
        while VirtualQuery(std::ptr::without_provenance(address), &raw mut pages, size_of::<Pages>()) != 0 {
            let mut name = [0; 1024];
            let start = std::ptr::without_provenance(pages.base);
            if pages.kind == MAPPED && pages.base == pages.allocation {
                let length = K32GetMappedFileNameW(GetCurrentProcess(), start, name.as_mut_ptr(), 1024) as usize;
                views += usize::from(String::from_utf16_lossy(&name[..length]).ends_with(&end));
            }
            address = pages.base + pages.size;
        }
    }
    views
}

/// A mapped file keeps its length, also when the store that mapped it is gone and only its state is left.
#[test]
fn a_mapped_file_is_not_cut() {
    const USER_MAPPED_FILE: i32 = 1224;
    let _turn = alone();
    let (engine, folder, before) = (Engine::default(), Folder::new(), live_regions());
    let (linker, component) = (linker(&engine), guest(&engine, "hostile"));
    let file = File::options().write(true).open(folder.0.join("file")).unwrap();
    let mut store = store(&engine, &folder, WasiMmapCtx::default(), &["exit-while-mapped"]);
    assert_eq!(run(&mut store, &linker, &component), Ok(0));
    let refused = || file.set_len(10).unwrap_err().raw_os_error();
    assert_eq!(refused(), Some(USER_MAPPED_FILE));
    let state = store.into_data();
    assert_eq!((refused(), areas_of(&folder.0.join("file"))), (Some(USER_MAPPED_FILE), 1));
    std::thread::spawn(move || drop(state)).join().unwrap();
    file.set_len(10).unwrap();
    assert_eq!((live_regions(), areas_of(&folder.0.join("file"))), (before, 0));
}

/// Older ones, and Wine before version 9, whose memory cannot be reserved as placeholders.
#[test]
#[ignore = "this is for a Windows without placeholders"]
fn a_windows_without_placeholders_has_none() {
    let _turn = alone();
    let ((engine, ctx), folder) = (with_spans(), Folder::with_units());
    let (linker, component) = (linker(&engine), guest(&engine, "spans"));
    for access in ["read", "write", "copy"] {
        let mut store = store(&engine, &folder, ctx(), &["none", access]);
        assert_eq!(run(&mut store, &linker, &component), Ok(0), "{access}");
    }
}
