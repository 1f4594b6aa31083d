//! The expected use of a map.

use super::madvise;

/// The advice that changes no byte. Its numbers are those of Linux.
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

/// The advice that can change bytes of the map, see [`Mmap::unchecked_advise`](super::Mmap::unchecked_advise).
#[repr(i32)]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum UncheckedAdvice {
    /// The next access finds the bytes of the file again, or zeros in memory without a file. Private changes are lost.
    DontNeed = madvise::DONT_NEED,
    /// Bytes of memory without a file may be lost. Here they stay.
    Free = madvise::FREE,
    /// Not supported: a file cannot be given holes.
    Remove = madvise::REMOVE,
}

impl Advice {
    /// Whether [`Mmap::advise`](super::Mmap::advise) takes this advice.
    #[must_use]
    pub fn is_supported(self) -> bool {
        madvise::is_supported(self.number())
    }

    pub(super) fn number(self) -> i32 {
        self as i32
    }
}

impl UncheckedAdvice {
    /// Whether [`Mmap::unchecked_advise`](super::Mmap::unchecked_advise) takes this advice.
    #[must_use]
    pub fn is_supported(self) -> bool {
        madvise::is_supported(self.number())
    }

    pub(super) fn number(self) -> i32 {
        self as i32
    }
}
