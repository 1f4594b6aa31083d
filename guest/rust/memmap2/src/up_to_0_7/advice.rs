//! The expected use of a map, one enumeration for all advice.

use wasi_mmap::memmap2::madvise;

/// The expected use of a map. The numbers are those of Linux.
#[repr(i32)]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Advice {
    /// No special expectation, the default.
    Normal = madvise::NORMAL,
    /// Accesses in no order.
    Random = madvise::RANDOM,
    /// Accesses from lower to higher addresses.
    Sequential = madvise::SEQUENTIAL,
    /// Accesses soon.
    WillNeed = madvise::WILL_NEED,
    /// The next access finds the bytes of the file again, or zeros in memory without a file. As in `memmap2` up to 0.7, nothing
    /// checks that no reference to these bytes is in use.
    DontNeed = madvise::DONT_NEED,
    /// Bytes of memory without a file may be lost. Here they stay.
    Free = madvise::FREE,
    /// Not supported: a file cannot be given holes.
    Remove = madvise::REMOVE,
    /// Has no effect here: there are no child processes.
    DontFork = madvise::DONT_FORK,
    /// Has no effect here: there are no child processes.
    DoFork = madvise::DO_FORK,
    /// Not supported.
    Mergeable = madvise::MERGEABLE,
    /// Not supported.
    Unmergeable = madvise::UNMERGEABLE,
    /// Not supported.
    HugePage = madvise::HUGE_PAGE,
    /// Not supported.
    NoHugePage = madvise::NO_HUGE_PAGE,
    /// Has no effect here: a program in WASI leaves no core dump.
    DontDump = madvise::DONT_DUMP,
    /// Has no effect here: a program in WASI leaves no core dump.
    DoDump = madvise::DO_DUMP,
    /// Not supported.
    HwPoison = madvise::HW_POISON,
    /// Loads the pages, and returns when they are in memory.
    PopulateRead = madvise::POPULATE_READ,
    /// Loads the pages of a writable map, and returns when they are in memory.
    PopulateWrite = madvise::POPULATE_WRITE,
}

impl Advice {
    pub(crate) fn number(self) -> i32 {
        self as i32
    }
}
