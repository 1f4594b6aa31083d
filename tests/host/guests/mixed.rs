//! Maps one file through WASI 0.2 and 0.3 at once: `mixed SCENARIO`. Ends with success if all is as the contract says, or by a
//! trap. /file has four units of 64 KiB, filled with the letters `a` to `d`.

use std::alloc::{alloc, Layout};
use std::mem::ManuallyDrop;
use std::ptr;

use wasi_mmap::{error_code, Access, ErrorCode, MmapOptions, Source};

mod p2 {
    #![allow(clippy::pedantic)]
    wit_bindgen::generate!({
        path: "../../../wit",
        world: "host",
        with: {
            "wasi:filesystem/types@0.2.12": wasip2::filesystem::types,
            "wasi:io/streams@0.2.12": wasip2::io::streams,
            "wasi:io/error@0.2.12": wasip2::io::error,
            "wasi:io/poll@0.2.12": wasip2::io::poll,
            "wasi:clocks/wall-clock@0.2.12": wasip2::clocks::wall_clock,
        },
    });
    pub use self::wasi_mmap::mmap::{mapping, span};
    pub use wasip2::filesystem::types::{Descriptor, DescriptorFlags};
}

mod p3 {
    #![allow(clippy::pedantic)]
    wit_bindgen::generate!({
        path: "../../../wit/0.3",
        world: "host",
        with: {
            "wasi:filesystem/types@0.3.0": wasip3::filesystem::types,
            "wasi:clocks/system-clock@0.3.0": wasip3::clocks::system_clock,
            "wasi:clocks/types@0.3.0": wasip3::clocks::types,
        },
    });
    pub use self::wasi_mmap::mmap::{mapping, span};
    pub use wasip3::filesystem::types::{Descriptor, DescriptorFlags};
}

const UNIT: usize = 65536;
const WHOLE: u64 = 4 * UNIT as u64;

type Outcome = Result<(), String>;

macro_rules! require {
    ($what:expr) => {
        if !$what {
            return Err(format!("line {}: not so: {}", line!(), stringify!($what)));
        }
    };
}

/// /file, through each generation.
async fn open(p2: p2::DescriptorFlags, p3: p3::DescriptorFlags) -> (p2::Descriptor, p3::Descriptor) {
    let file = wasi_mmap::open("/file", p2).expect("a file of 0.2");
    (file, wasi_mmap::p3::open("/file", p3).await.expect("a file of 0.3"))
}

async fn open_writable() -> (p2::Descriptor, p3::Descriptor) {
    let p3 = p3::DescriptorFlags::READ | p3::DescriptorFlags::WRITE;
    open(p2::DescriptorFlags::READ | p2::DescriptorFlags::WRITE, p3).await
}

/// The error of the contract in a result.
fn error<T>(result: std::io::Result<T>) -> Option<ErrorCode> {
    error_code(&result.err()?)
}

/// Mappings of both see each other's changes, and the size that the other sets.
async fn shares() -> Outcome {
    let (file2, file3) = open_writable().await;
    let mut map2 = MmapOptions::new().map_mut(&file2).unwrap();
    let map3 = MmapOptions::new().map_mut(&file3).unwrap();
    let private = MmapOptions::new().map_copy(&file3).unwrap();
    drop((file2, file3));
    map2.write_all_at(b"of 0.2", 5).unwrap();
    require!(map3.read_vec_at(4, 8).unwrap() == b"aof 0.2a");
    map3.write_all_at(b"of 0.3", 2 * UNIT as u64).unwrap();
    require!(map2.find(b"of 0.3", ..).unwrap() == Some(2 * UNIT as u64));
    private.write_all_at(b"private", 5).unwrap();
    require!(map2.read_vec_at(5, 6).unwrap() == b"of 0.2" && private.read_vec_at(5, 7).unwrap() == b"private");
    require!(map3.rfind(b"private", ..).unwrap().is_none());
    map2.resize(WHOLE + 5).unwrap();
    require!(map2.len() == WHOLE + 5 && map3.len() == WHOLE && map3.file_size().unwrap() == WHOLE + 5);
    require!(error(map3.read_vec_at(WHOLE, 1)) == Some(ErrorCode::OutOfRange));
    require!(map3.flush().is_ok() && map2.flush().is_ok());
    Ok(())
}

/// Memory for one span.
fn region() -> *mut u8 {
    // SAFETY: the layout has a size.
    unsafe { alloc(Layout::from_size_align(UNIT, UNIT).unwrap()) }
}

/// Its bytes, as what attaches it takes them. They are never freed.
fn bytes(region: *mut u8) -> &'static [u8] {
    // SAFETY: the region is a unit long, and initialized by the host or as new memory.
    unsafe { std::slice::from_raw_parts(region, UNIT) }
}

fn load(region: *mut u8) -> u8 {
    // SAFETY: the region is memory of this program. Others may change it.
    unsafe { ptr::read_volatile(region) }
}

/// One region is of one span, whichever generation it is of; two regions with the same page are that page.
async fn busy() -> Outcome {
    let (file2, file3) = open_writable().await;
    let map2 = p2::mapping::mmap(Some(&file2), 0, p2::mapping::Access::Write, 0).unwrap();
    let map3 = p3::mapping::mmap(Some(&file3), 0, p3::mapping::Access::Write, 0).unwrap();
    require!(p2::span::granularity() == Some(65536) && p3::span::granularity() == Some(65536));
    let (first, second) = (region(), region());
    for _ in 0..2 {
        let span2 = p2::span::attach(&map2, 0, bytes(first)).unwrap();
        require!(p3::span::attach(&map3, 0, bytes(first)).err() == Some(p3::mapping::ErrorCode::Busy));
        require!(load(first) == b'a');
        let span3 = p3::span::attach(&map3, 0, bytes(second)).unwrap();
        require!(p2::span::attach(&map2, 0, bytes(second)).err() == Some(p2::mapping::ErrorCode::Busy));
        for (from, to, byte) in [(first, second, b'2'), (second, first, b'3')] {
            // SAFETY: the byte lies in the region.
            unsafe { ptr::write_volatile(from.add(7), byte) };
            // SAFETY: likewise.
            require!(load(unsafe { to.add(7) }) == byte && map2.read(7, 1).unwrap() == [byte]);
        }
        map3.write(7, b"a").unwrap();
        drop(span2);
        require!(load(first) == 0 && load(second) == b'a');
        let moved = p3::span::attach(&map3, UNIT as u64, bytes(first)).unwrap();
        require!(load(first) == b'b' && p2::span::attach(&map2, 0, bytes(first)).is_err());
        require!(moved.flush(0, 1).is_ok() && span3.flush(0, UNIT as u64).is_ok());
    }
    Ok(())
}

/// A cut file is `fault` in both, and the loads of both spans are zeros.
async fn faults() -> Outcome {
    let (file2, file3) = open_writable().await;
    let (map2, map3) = (MmapOptions::new().map_mut(&file2).unwrap(), MmapOptions::new().map(&file3).unwrap());
    let raw2 = p2::mapping::mmap(Some(&file2), 0, p2::mapping::Access::Read, 0).unwrap();
    let raw3 = p3::mapping::mmap(Some(&file3), 0, p3::mapping::Access::Copy, 0).unwrap();
    let (region2, region3) = (region(), region());
    let span2 = p2::span::attach(&raw2, 3 * UNIT as u64, bytes(region2)).unwrap();
    let span3 = p3::span::attach(&raw3, 3 * UNIT as u64, bytes(region3)).unwrap();
    require!(load(region2) == b'd' && load(region3) == b'd' && !span2.faulted() && !span3.faulted());
    file3.set_size(UNIT as u64).await.unwrap();
    let lost = 3 * UNIT as u64 + 1;
    require!(error(map2.read_vec_at(lost, 1)) == Some(ErrorCode::Fault));
    require!(error(map3.read_vec_at(lost, 1)) == Some(ErrorCode::Fault));
    require!(error(map2.write_all_at(b"x", lost)) == Some(ErrorCode::Fault));
    require!(error(map3.find(b"nowhere", lost - 1..)) == Some(ErrorCode::Fault));
    require!(map2.read_vec_at(5, 1).unwrap() == b"a" && map3.read_vec_at(5, 1).unwrap() == b"a");
    require!(load(region2) == 0 && span2.faulted() && !span3.faulted());
    require!(load(region3) == 0 && span3.faulted());
    file2.set_size(WHOLE).unwrap();
    require!(map2.read_vec_at(lost, 1).unwrap() == [0] && map3.read_vec_at(lost, 1).unwrap() == [0]);
    map2.write_all_at(b"x", lost).unwrap();
    require!(map3.read_vec_at(lost, 1).unwrap() == b"x");
    Ok(())
}

const ACCESSES: [Access; 3] = [Access::Read, Access::Write, Access::Copy];

/// The outcome of each access.
fn outcomes(file: &impl Source) -> [Option<ErrorCode>; 3] {
    ACCESSES.map(|access| error(MmapOptions::new().map_with(file, access)))
}

/// What is expected of a descriptor that may read and write.
fn allowed(read: bool, write: bool) -> [Option<ErrorCode>; 3] {
    [read, read && write, read].map(|allowed| (!allowed).then_some(ErrorCode::AccessDenied))
}

/// The rights of each descriptor decide, whatever one of the other generation has.
async fn rights() -> Outcome {
    for wanted2 in [p2::DescriptorFlags::READ, p2::DescriptorFlags::READ | p2::DescriptorFlags::WRITE] {
        for wanted3 in [p3::DescriptorFlags::READ, p3::DescriptorFlags::READ | p3::DescriptorFlags::WRITE] {
            let (file2, file3) = open(wanted2, wanted3).await;
            let (held2, held3) = (file2.get_flags().unwrap(), file3.get_flags().await.unwrap());
            require!(held2.contains(p2::DescriptorFlags::WRITE) == wanted2.contains(p2::DescriptorFlags::WRITE));
            require!(held3.contains(p3::DescriptorFlags::WRITE) == wanted3.contains(p3::DescriptorFlags::WRITE));
            require!(outcomes(&file2) == allowed(true, wanted2.contains(p2::DescriptorFlags::WRITE)));
            require!(outcomes(&file3) == allowed(true, wanted3.contains(p3::DescriptorFlags::WRITE)));
        }
    }
    // A host may grant more than was asked: the descriptor's flags count.
    let (file2, file3) = open(p2::DescriptorFlags::WRITE, p3::DescriptorFlags::WRITE).await;
    let (reads2, reads3) = (file2.get_flags().unwrap(), file3.get_flags().await.unwrap());
    require!(outcomes(&file2) == allowed(reads2.contains(p2::DescriptorFlags::READ), true));
    require!(outcomes(&file3) == allowed(reads3.contains(p3::DescriptorFlags::READ), true));
    Ok(())
}

/// Passes what is of one generation to the other, which traps.
async fn foreign(what: &str) -> Outcome {
    let (file2, file3) = open_writable().await;
    let map = |file| p2::mapping::mmap(Some(file), 0, p2::mapping::Access::Write, 0).unwrap();
    // So many that the number of the last one is none of the other generation, if a host counts them apart.
    let maps2: Vec<_> = (0..20).map(|_| map(&file2)).collect();
    let map3 = p3::mapping::mmap(Some(&file3), 0, p3::mapping::Access::Write, 0).unwrap();
    let others: Vec<_> = (0..20).map(|_| wasi_mmap::open("/file", p2::DescriptorFlags::READ).unwrap()).collect();
    eprintln!("so far so good");
    // SAFETY: none of these handles is of the type that it is given, and none is dropped as such.
    unsafe {
        match what {
            "descriptor" => {
                let file = ManuallyDrop::new(p3::Descriptor::from_handle(others[19].handle()));
                drop(p3::mapping::mmap(Some(&file), 0, p3::mapping::Access::Read, 0));
            }
            "mapping" => {
                let map = ManuallyDrop::new(p3::mapping::Mapping::from_handle(maps2[19].handle()));
                drop(map.read(0, 1));
            }
            "attach" => {
                let map = ManuallyDrop::new(p3::mapping::Mapping::from_handle(maps2[19].handle()));
                drop(p3::span::attach(&map, 0, bytes(region())));
            }
            "span" => {
                let spans: Vec<_> = (0..20).map(|_| p2::span::attach(&maps2[0], 0, bytes(region())).unwrap()).collect();
                let span = ManuallyDrop::new(p3::span::Span::from_handle(spans[19].handle()));
                require!(span.faulted());
            }
            // A host may ignore it: then all is as before.
            "drop" => {
                drop(p3::mapping::Mapping::from_handle(maps2[19].handle()));
                require!(maps2[19].read(5, 1).unwrap() == b"a" && map3.read(5, 1).unwrap() == b"a");
                return Ok(());
            }
            _ => return Err(format!("there is no scenario foreign:{what}")),
        }
    }
    drop(map3);
    Err("the host took a handle of the other generation".into())
}

struct Command;

wasip3::cli::command::export!(Command);

impl wasip3::exports::cli::run::Guest for Command {
    async fn run() -> Result<(), ()> {
        let scenario = std::env::args().nth(1).unwrap_or_default();
        let outcome = match scenario.as_str() {
            "shares" => shares().await,
            "busy" => busy().await,
            "faults" => faults().await,
            "rights" => rights().await,
            other => foreign(other.strip_prefix("foreign:").unwrap_or(other)).await,
        };
        outcome.map_err(|message| eprintln!("{message}"))
    }
}
