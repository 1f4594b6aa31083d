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
/// to the descriptor of `wasi:filesystem`, so the feature reads a private table of wasi-libc (the same in its sources from
/// wasi-sdk 29 to 33, and tested with Rust 1.95). Prefer a path where possible.
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
mod std_file {
    use std::ffi::{c_int, c_void};
    use std::fs::File;
    use std::io::Result;
    use std::mem::ManuallyDrop;
    use std::os::fd::{AsRawFd, RawFd};

    use super::{Descriptor, Source};

    /// The start of wasi-libc's `descriptor_vtable_t`.
    #[repr(C)]
    struct Operations {
        before: [*const c_void; 5],
        get_file: Option<unsafe extern "C" fn(*mut c_void, *mut u32) -> c_int>,
    }

    /// wasi-libc's `descriptor_table_entry_t`.
    #[repr(C)]
    struct Entry {
        data: *mut c_void,
        operations: *const Operations,
    }

    extern "C" {
        /// Returns NULL and sets errno if the file descriptor is not open.
        fn descriptor_table_get_ref(fd: c_int) -> *mut Entry;
    }

    /// Calls with the descriptor of `wasi:filesystem` behind an open file of the C library.
    pub fn with_fd<T>(fd: RawFd, call: impl FnOnce(&Descriptor) -> Result<T>) -> Result<T> {
        let mut handle = 0;
        // SAFETY: the table has an entry for every open file descriptor and NULL for others, and this is the only thread. The
        // types are those of wasi-libc (libc-bottom-half/headers/private/wasi/descriptor_table.h).
        let got = unsafe {
            let entry = descriptor_table_get_ref(fd);
            if entry.is_null() {
                return Err(std::io::Error::last_os_error());
            }
            match (*(*entry).operations).get_file {
                Some(get_file) => get_file((*entry).data, &raw mut handle),
                None => return Err(crate::ErrorCode::Unsupported.into()),
            }
        };
        if got < 0 {
            return Err(std::io::Error::last_os_error());
        }
        // SAFETY: the handle is that of a descriptor of the C library. It is borrowed for the call and not dropped.
        let descriptor = ManuallyDrop::new(unsafe { Descriptor::from_handle(handle) });
        call(&descriptor)
    }

    impl Source for File {
        fn with_descriptor<T>(&self, _write: bool, call: impl FnOnce(&Descriptor) -> Result<T>) -> Result<T> {
            with_fd(self.as_raw_fd(), call)
        }
    }
}

#[cfg(feature = "std-file")]
pub(crate) use std_file::with_fd;

#[cfg(not(feature = "std-file"))]
pub(crate) fn with_fd<T>(_fd: std::os::fd::RawFd, _call: impl FnOnce(&Descriptor) -> Result<T>) -> Result<T> {
    Err(crate::ErrorCode::Unsupported.into())
}
