//! Files as descriptors of `wasi:filesystem`, which the contract maps.

use std::io::{ErrorKind, Result};
use std::path::{Component, Path, PathBuf};

use crate::generation::File;

/// A file that can be mapped: a path, or an open file.
///
/// An open file is a descriptor of WASI 0.2 or 0.3. A path is opened by WASI 0.2 and needs the feature `p2`, its default; that
/// of 0.3 is asynchronous, see `p3::open`.
///
/// With the feature `std-file` also a [`std::fs::File`]. WASI has no public way from a file descriptor of its C library to the
/// descriptor of `wasi:filesystem`, so the feature reads a private table of wasi-libc (wasi-sdk 29 to 34, tested with Rust
/// 1.95, 1.100 and 1.101). Prefer a path where possible.
pub trait Source {
    /// A descriptor of WASI 0.2 or 0.3.
    type Descriptor: File;

    /// Calls with the descriptor. A path is opened for reading, and with `write` for writing too.
    ///
    /// # Errors
    ///
    /// The error of opening the path, or of the call.
    fn with_descriptor<T>(&self, write: bool, call: impl FnOnce(&Self::Descriptor) -> Result<T>) -> Result<T>;
}

/// The rules of a generation.
macro_rules! files {
    ($types:ident) => {
        impl crate::Source for $types::Descriptor {
            type Descriptor = Self;

            fn with_descriptor<T>(
                &self,
                _write: bool,
                call: impl FnOnce(&Self) -> std::io::Result<T>,
            ) -> std::io::Result<T> {
                call(self)
            }
        }

        pub(crate) fn to_io_error(code: $types::ErrorCode) -> std::io::Error {
            use std::io::ErrorKind;
            use $types::ErrorCode;
            let kind = match code {
                ErrorCode::Access | ErrorCode::NotPermitted => ErrorKind::PermissionDenied,
                ErrorCode::NoEntry => ErrorKind::NotFound,
                ErrorCode::IsDirectory => ErrorKind::IsADirectory,
                ErrorCode::NotDirectory => ErrorKind::NotADirectory,
                ErrorCode::ReadOnly => ErrorKind::ReadOnlyFilesystem,
                ErrorCode::Busy | ErrorCode::TextFileBusy => ErrorKind::ResourceBusy,
                ErrorCode::NameTooLong => ErrorKind::InvalidFilename,
                ErrorCode::Invalid => ErrorKind::InvalidInput,
                ErrorCode::Unsupported => ErrorKind::Unsupported,
                _ => ErrorKind::Other,
            };
            std::io::Error::new(kind, code)
        }

        /// The granted directories, read once, as in the C library.
        fn directories() -> &'static crate::file::Directories<$types::Descriptor> {
            static DIRECTORIES: std::sync::OnceLock<crate::file::Directories<$types::Descriptor>> =
                std::sync::OnceLock::new();
            DIRECTORIES.get_or_init(|| crate::file::Directories::new(get_directories()))
        }
    };
}
pub(crate) use files;

/// Granted directories with their names.
pub struct Directories<D>(Vec<(D, PathBuf)>);

impl<D> Directories<D> {
    pub fn new(granted: Vec<(D, String)>) -> Self {
        Self(granted.into_iter().map(|(directory, name)| (directory, below_root(Path::new(&name)))).collect())
    }

    /// Finds the directory with the longest name that contains the file, and its path there.
    pub fn find<'a>(&self, path: &'a Path) -> Result<(&D, &'a str)> {
        let (directory, rest) = self
            .0
            .iter()
            .filter_map(|(directory, name)| Some((directory, name, path.strip_prefix(name).ok()?)))
            .max_by_key(|(_, name, _)| name.components().count())
            .map(|(directory, _, rest)| (directory, rest))
            .ok_or(ErrorKind::NotFound)?;
        match rest.to_str() {
            Some("") => Ok((directory, ".")),
            Some(rest) => Ok((directory, rest)),
            None => Err(ErrorKind::InvalidFilename.into()),
        }
    }
}

/// The path relative to the root. A relative one begins at the working directory.
pub fn absolute(path: &Path) -> PathBuf {
    below_root(&std::env::current_dir().unwrap_or_default().join(path))
}

/// The path relative to the root, which is also the first working directory of a program.
fn below_root(path: &Path) -> PathBuf {
    path.components().filter(|part| !matches!(part, Component::RootDir | Component::CurDir)).collect()
}

/// What the C library has under a file descriptor.
#[cfg(feature = "p2")]
#[cfg(not(all(feature = "std-file", target_env = "p3")))]
pub(crate) type OfFd = wasip2::filesystem::types::Descriptor;
#[cfg(any(not(feature = "p2"), all(feature = "std-file", target_env = "p3")))]
pub(crate) type OfFd = wasip3::filesystem::types::Descriptor;

#[cfg(feature = "std-file")]
pub(crate) use crate::fd::with_fd;

#[cfg(not(feature = "std-file"))]
pub(crate) fn with_fd<T>(_fd: std::os::fd::RawFd, _call: impl FnOnce(&OfFd) -> Result<T>) -> Result<T> {
    Err(crate::ErrorCode::Unsupported.into())
}
