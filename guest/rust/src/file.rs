//! Files as descriptors of `wasi:filesystem`, which the contract maps.

use std::cell::OnceCell;
use std::ffi::{OsStr, OsString};
use std::io::{Error, ErrorKind, Result};
use std::path::{Component, Path, PathBuf};

use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{Descriptor, DescriptorFlags, ErrorCode, OpenFlags, PathFlags};

/// A file that can be mapped: a path, or an open file.
///
/// With the feature `std-file` also a [`std::fs::File`]. WASI 0.2 has no public way from a file descriptor of its C library
/// to the descriptor of `wasi:filesystem`, so the feature reads a private table of wasi-libc (wasi-sdk 29 to 34, tested with
/// Rust 1.95, 1.100 and 1.101). Prefer a path where possible.
pub trait Source {
    /// Calls with the descriptor. A path is opened for reading, and with `write` for writing too.
    ///
    /// # Errors
    ///
    /// The error of opening the path, or of the call.
    fn with_descriptor<T>(&self, write: bool, call: impl FnOnce(&Descriptor) -> Result<T>) -> Result<T>;
}

impl Source for Descriptor {
    fn with_descriptor<T>(&self, _write: bool, call: impl FnOnce(&Descriptor) -> Result<T>) -> Result<T> {
        call(self)
    }
}

impl Source for Path {
    fn with_descriptor<T>(&self, write: bool, call: impl FnOnce(&Descriptor) -> Result<T>) -> Result<T> {
        let flags = if write { DescriptorFlags::READ | DescriptorFlags::WRITE } else { DescriptorFlags::READ };
        call(&open(self, flags)?)
    }
}

macro_rules! source_as_path {
    ($($type:ty)*) => {$(
        impl Source for $type {
            fn with_descriptor<T>(&self, write: bool, call: impl FnOnce(&Descriptor) -> Result<T>) -> Result<T> {
                AsRef::<Path>::as_ref(self).with_descriptor(write, call)
            }
        }
    )*};
}

source_as_path!(str String OsStr OsString PathBuf);

/// Opens a file below a directory that the host has granted. Relative paths begin at the working directory.
///
/// It asks for exactly these rights. `std::fs` also asks for the right to change the directory when it opens for writing.
///
/// # Errors
///
/// `NotFound` if no granted directory contains the path, or the error of the host.
pub fn open(path: impl AsRef<Path>, flags: DescriptorFlags) -> Result<Descriptor> {
    let path = below_root(&std::env::current_dir().unwrap_or_default().join(path));
    DIRECTORIES.with(|directories| {
        let (directory, rest) = directories
            .get_or_init(|| {
                get_directories().into_iter().map(|(file, name)| (file, below_root(Path::new(&name)))).collect()
            })
            .iter()
            .filter_map(|(directory, name)| Some((directory, name, path.strip_prefix(name).ok()?)))
            .max_by_key(|(_, name, _)| name.components().count())
            .map(|(directory, _, rest)| (directory, rest))
            .ok_or(ErrorKind::NotFound)?;
        let rest = match rest.to_str() {
            Some("") => ".",
            Some(rest) => rest,
            None => return Err(ErrorKind::InvalidFilename.into()),
        };
        directory.open_at(PathFlags::SYMLINK_FOLLOW, rest, OpenFlags::empty(), flags).map_err(to_io_error)
    })
}

thread_local! {
    /// The granted directories, read once, as in the C library.
    static DIRECTORIES: OnceCell<Vec<(Descriptor, PathBuf)>> = const { OnceCell::new() };
}

/// The path relative to the root, which is also the first working directory of a program.
fn below_root(path: &Path) -> PathBuf {
    path.components().filter(|part| !matches!(part, Component::RootDir | Component::CurDir)).collect()
}

pub(crate) fn to_io_error(code: ErrorCode) -> Error {
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
    Error::new(kind, code)
}

#[cfg(feature = "std-file")]
pub(crate) use crate::fd::with_fd;

#[cfg(not(feature = "std-file"))]
pub(crate) fn with_fd<T>(_fd: std::os::fd::RawFd, _call: impl FnOnce(&Descriptor) -> Result<T>) -> Result<T> {
    Err(crate::ErrorCode::Unsupported.into())
}
