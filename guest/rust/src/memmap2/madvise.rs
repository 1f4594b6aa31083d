//! The numbers of Linux for advice, and what they do here. All versions of `memmap2` have the same.

use crate::Advice as Hint;

pub const NORMAL: i32 = 0;
pub const RANDOM: i32 = 1;
pub const SEQUENTIAL: i32 = 2;
pub const WILL_NEED: i32 = 3;
pub const DONT_NEED: i32 = 4;
pub const FREE: i32 = 8;
pub const REMOVE: i32 = 9;
pub const DONT_FORK: i32 = 10;
pub const DO_FORK: i32 = 11;
pub const MERGEABLE: i32 = 12;
pub const UNMERGEABLE: i32 = 13;
pub const HUGE_PAGE: i32 = 14;
pub const NO_HUGE_PAGE: i32 = 15;
pub const DONT_DUMP: i32 = 16;
pub const DO_DUMP: i32 = 17;
pub const POPULATE_READ: i32 = 22;
pub const POPULATE_WRITE: i32 = 23;
pub const HW_POISON: i32 = 100;

/// What an advice does.
pub(super) enum Effect {
    /// The host is told.
    Hint(Hint),
    /// It is kept without doing anything.
    Nothing,
    /// Pages are loaded, for stores too if `writable`.
    Load { writable: bool },
    /// The bytes of the file, or zeros, come back.
    Discard,
    /// Memory without a file may lose its bytes.
    Free,
}

/// None where advice is not supported, as by a kernel without the feature.
pub(super) fn effect(advice: i32) -> Option<Effect> {
    Some(match advice {
        NORMAL => Effect::Hint(Hint::Normal),
        RANDOM => Effect::Hint(Hint::Random),
        SEQUENTIAL => Effect::Hint(Hint::Sequential),
        WILL_NEED => Effect::Hint(Hint::WillNeed),
        DONT_NEED => Effect::Discard,
        FREE => Effect::Free,
        DONT_FORK | DO_FORK | DONT_DUMP | DO_DUMP => Effect::Nothing,
        POPULATE_READ => Effect::Load { writable: false },
        POPULATE_WRITE => Effect::Load { writable: true },
        _ => return None,
    })
}

/// Whether an advice does what it says.
#[must_use]
pub fn is_supported(advice: i32) -> bool {
    effect(advice).is_some()
}
