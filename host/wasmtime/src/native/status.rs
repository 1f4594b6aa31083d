//! The core's status numbers as errors of the contract.

use crate::bindings::{ErrorCode, Outcome};
use crate::ffi;

/// The contract's errors in its order, which is that of the core's numbers from 1.
const ERRORS: [ErrorCode; 14] = [
    ErrorCode::AccessDenied,
    ErrorCode::BadDescriptor,
    ErrorCode::EmptyFile,
    ErrorCode::PastEnd,
    ErrorCode::InvalidArgument,
    ErrorCode::ReadOnly,
    ErrorCode::OutOfRange,
    ErrorCode::NotResizable,
    ErrorCode::Busy,
    ErrorCode::Fault,
    ErrorCode::NoMemory,
    ErrorCode::NoSpace,
    ErrorCode::Unsupported,
    ErrorCode::Io,
];

pub fn check(status: ffi::Status) -> Outcome<()> {
    match status {
        0 => Ok(()),
        number => Err(ERRORS.get(number as usize - 1).copied().unwrap_or(ErrorCode::Io)),
    }
}
