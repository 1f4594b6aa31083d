//! Maps descriptors of WASI 0.3 with the API of memmap2: `memmap2_p3 SCENARIO`. Ends with success if all is as the library
//! says. /file has four units of 64 KiB, filled with the letters `a` to `d`; /empty has no bytes.

use std::io::ErrorKind;

use wasi_mmap::memmap2::{Advice, Mmap, MmapMut, MmapOptions, RemapOptions, Wasi};
use wasi_mmap::p3::{open, Descriptor, DescriptorFlags};
use wasi_mmap::{error_code, ErrorCode};

const UNIT: usize = 65536;

type Outcome = Result<(), String>;

macro_rules! require {
    ($what:expr) => {
        if !$what {
            return Err(format!("line {}: not so: {}", line!(), stringify!($what)));
        }
    };
}

async fn file(path: &str, flags: DescriptorFlags) -> Descriptor {
    open(path, flags).await.expect("a file")
}

async fn writable() -> Descriptor {
    file("/file", DescriptorFlags::READ | DescriptorFlags::WRITE).await
}

fn kind<T>(result: std::io::Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

/// The whole file, and parts of it.
async fn reads() -> Outcome {
    let file = writable().await;
    // SAFETY: nobody changes the file while it is mapped.
    let map = unsafe { Mmap::map(Wasi(&file)) }.unwrap();
    require!(map.is_span() && map.len() == 4 * UNIT && !map.faulted());
    require!((0..4).all(|unit| map[unit * UNIT..(unit + 1) * UNIT].iter().all(|byte| *byte == b"abcd"[unit])));
    // SAFETY: as above.
    let part = unsafe { MmapOptions::new().offset(UNIT as u64 - 3).len(6).populate().map(Wasi(&file)) }.unwrap();
    require!(part[..] == *b"aaabbb");
    require!(map.advise(Advice::Random).is_ok());
    drop(file);
    require!(map.lock().is_ok() && map.unlock().is_ok() && part[5] == b'b');
    Ok(())
}

/// Changes are seen by another map at once, except for private ones.
async fn writes() -> Outcome {
    let file = writable().await;
    // SAFETY: this program alone uses the file, and one reference at a time.
    let (mut map, other) = unsafe { (MmapMut::map_mut(Wasi(&file)).unwrap(), Mmap::map(Wasi(&file)).unwrap()) };
    map[..3].copy_from_slice(b"new");
    require!(map.flush().is_ok() && other[..4] == *b"newa");
    // SAFETY: as above.
    let mut private = unsafe { MmapOptions::new().map_copy(Wasi(&file)) }.unwrap();
    private[..3].copy_from_slice(b"own");
    require!(other[..4] == *b"newa" && private[..4] == *b"owna");
    // SAFETY: no reference is in use.
    require!(unsafe { map.remap(UNIT, RemapOptions::new()) }.is_ok() && map.len() == UNIT);
    // A descriptor of 0.3 has no number under which the file is found again.
    // SAFETY: as above.
    let longer = unsafe { map.remap(8 * UNIT, RemapOptions::new().may_move(true)) };
    require!(error_code(&longer.unwrap_err()) == Some(ErrorCode::Unsupported));
    require!(error_code(&other.make_mut().unwrap_err()) == Some(ErrorCode::ReadOnly));
    Ok(())
}

/// What cannot be mapped.
async fn refusals() -> Outcome {
    let (file, directory) = (writable().await, file("/", DescriptorFlags::READ).await);
    let empty = open("/empty", DescriptorFlags::READ).await.unwrap();
    let read_only = open("/file", DescriptorFlags::READ).await.unwrap();
    // SAFETY: nobody changes the files.
    unsafe {
        require!(Mmap::map(Wasi(&empty)).unwrap().is_empty());
        require!(MmapOptions::new().len(0).map(Wasi(&file)).unwrap().is_empty());
        require!(kind(MmapOptions::new().offset(1).map(Wasi(&empty))) == Some(ErrorKind::InvalidData));
        require!(kind(MmapOptions::new().offset(4 * UNIT as u64 + 1).map(Wasi(&file))) == Some(ErrorKind::InvalidData));
        require!(kind(MmapOptions::new().len(usize::MAX).map(Wasi(&file))) == Some(ErrorKind::InvalidData));
        require!(kind(MmapMut::map_mut(Wasi(&read_only))) == Some(ErrorKind::PermissionDenied));
        require!(kind(Mmap::map(Wasi(&directory))) == Some(ErrorKind::Unsupported));
        require!(MmapOptions::new().map_copy(Wasi(&read_only)).is_ok());
    }
    require!(kind(open("/no-such-file", DescriptorFlags::READ).await) == Some(ErrorKind::NotFound));
    require!(kind(open("/file/below", DescriptorFlags::READ).await) == Some(ErrorKind::NotADirectory));
    require!(open("file", DescriptorFlags::READ).await.is_ok());
    Ok(())
}

/// A load past the end of a cut file is zero, and the map says so.
async fn faults() -> Outcome {
    let file = writable().await;
    // SAFETY: the file is cut while no reference is in use.
    let map = unsafe { MmapMut::map_mut(Wasi(&file)) }.unwrap();
    file.set_size(UNIT as u64).await.unwrap();
    require!(map[0] == b'a' && !map.faulted());
    require!(std::hint::black_box(&map)[3 * UNIT] == 0 && map.faulted());
    require!(error_code(&map.flush().unwrap_err()) == Some(ErrorCode::Fault));
    Ok(())
}

struct Command;

wasip3::cli::command::export!(Command);

impl wasip3::exports::cli::run::Guest for Command {
    async fn run() -> Result<(), ()> {
        let outcome = match std::env::args().nth(1).as_deref() {
            Some("reads") => reads().await,
            Some("writes") => writes().await,
            Some("refusals") => refusals().await,
            Some("faults") => faults().await,
            other => Err(format!("there is no scenario {other:?}")),
        };
        outcome.map_err(|message| eprintln!("{message}"))
    }
}
