//! Errors of the contract as errors of `std::io`.

use std::io::{Error, ErrorKind};

use crate::ErrorCode;

impl From<ErrorCode> for Error {
    fn from(code: ErrorCode) -> Self {
        let kind = match code {
            ErrorCode::AccessDenied | ErrorCode::ReadOnly => ErrorKind::PermissionDenied,
            ErrorCode::BadDescriptor
            | ErrorCode::EmptyFile
            | ErrorCode::PastEnd
            | ErrorCode::InvalidArgument
            | ErrorCode::OutOfRange => ErrorKind::InvalidInput,
            ErrorCode::NotResizable | ErrorCode::Unsupported => ErrorKind::Unsupported,
            ErrorCode::Busy => ErrorKind::ResourceBusy,
            ErrorCode::NoMemory => ErrorKind::OutOfMemory,
            ErrorCode::NoSpace => ErrorKind::StorageFull,
            ErrorCode::Fault | ErrorCode::Io => ErrorKind::Other,
        };
        Error::new(kind, code)
    }
}

/// Returns the contract's code in an error of this crate; none for other errors, such as those of opening a path.
#[must_use]
pub fn error_code(error: &Error) -> Option<ErrorCode> {
    error.get_ref()?.downcast_ref::<ErrorCode>().copied()
}
