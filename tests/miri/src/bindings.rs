//! The types of the contract, as bindgen generates them for the crate.

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Access {
    Read,
    Write,
    Copy,
}

#[derive(Clone, Copy)]
#[allow(dead_code)]
pub enum Advice {
    Normal,
    Random,
    Sequential,
    WillNeed,
    DontNeed,
}

#[derive(Clone, Copy, PartialEq)]
#[allow(dead_code)]
pub enum Sharing {
    Shared,
    Private,
}

#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(dead_code)]
pub enum ErrorCode {
    AccessDenied,
    BadDescriptor,
    EmptyFile,
    PastEnd,
    InvalidArgument,
    ReadOnly,
    OutOfRange,
    NotResizable,
    Busy,
    Fault,
    NoMemory,
    NoSpace,
    Unsupported,
    Io,
}

#[derive(Clone, Copy)]
pub struct Protection(u32);
impl Protection {
    pub const READ: Self = Self(1);
    pub const WRITE: Self = Self(2);
    pub const EXECUTE: Self = Self(4);
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

pub type Outcome<R> = Result<R, ErrorCode>;
