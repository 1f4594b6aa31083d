//! The expected use of a map, a structure with a function for each advice.

use wasi_mmap::memmap2::madvise;

/// The expected use of a map: a number of Linux.
#[derive(Debug, Eq, Hash, PartialEq)]
pub struct Advice(i32);

/// Functions that return advice.
macro_rules! safe {
    ($($(#[$doc:meta])* $name:ident = $number:ident;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name() -> Self {
            Self(madvise::$number)
        }
    )*};
}

impl Advice {
    safe! {
        /// No special expectation, the default.
        normal = NORMAL;
        /// Accesses in no order.
        random = RANDOM;
        /// Accesses from lower to higher addresses.
        sequential = SEQUENTIAL;
        /// Accesses soon.
        will_need = WILL_NEED;
        /// Has no effect here: there are no child processes.
        dont_fork = DONT_FORK;
        /// Has no effect here: there are no child processes.
        do_fork = DO_FORK;
        /// Not supported.
        mergeable = MERGEABLE;
        /// Not supported.
        unmergeable = UNMERGEABLE;
        /// Not supported.
        huge_page = HUGE_PAGE;
        /// Not supported.
        no_huge_page = NO_HUGE_PAGE;
        /// Has no effect here: a program in WASI leaves no core dump.
        dont_dump = DONT_DUMP;
        /// Has no effect here: a program in WASI leaves no core dump.
        do_dump = DO_DUMP;
        /// Not supported.
        hw_poison = HW_POISON;
        /// Loads the pages, and returns when they are in memory.
        populate_read = POPULATE_READ;
        /// Loads the pages of a writable map, and returns when they are in memory.
        populate_write = POPULATE_WRITE;
    }

    /// The next access finds the bytes of the file again, or zeros in memory without a file.
    ///
    /// # Safety
    ///
    /// Where it is given, no reference to the bytes is in use.
    #[must_use]
    pub unsafe fn dont_need() -> Self {
        Self(madvise::DONT_NEED)
    }

    /// Bytes of memory without a file may be lost. Here they stay.
    ///
    /// # Safety
    ///
    /// Where it is given, no reference to the bytes is in use.
    #[must_use]
    pub unsafe fn free() -> Self {
        Self(madvise::FREE)
    }

    /// Not supported: a file cannot be given holes.
    ///
    /// # Safety
    ///
    /// Where it is given, no reference to the bytes is in use.
    #[must_use]
    pub unsafe fn remove() -> Self {
        Self(madvise::REMOVE)
    }

    #[allow(clippy::needless_pass_by_value)] // As the type of the other versions.
    pub(crate) fn number(self) -> i32 {
        self.0
    }
}
