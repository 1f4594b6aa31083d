//! The expected use of a map.

/// The expected use of a map. Advice changes speed, never the bytes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Advice {
    /// No special expectation, the default.
    Normal,
    /// Accesses in no order.
    Random,
    /// Accesses from lower to higher addresses.
    Sequential,
    /// Accesses soon.
    WillNeed,
}

impl From<Advice> for crate::Advice {
    fn from(advice: Advice) -> Self {
        match advice {
            Advice::Normal => Self::Normal,
            Advice::Random => Self::Random,
            Advice::Sequential => Self::Sequential,
            Advice::WillNeed => Self::WillNeed,
        }
    }
}
