//! Files of WASI 0.2.

use std::ffi::{OsStr, OsString};
use std::io::Result;
use std::path::{Path, PathBuf};

use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{self, Descriptor, DescriptorFlags, OpenFlags, PathFlags};

use crate::Source;

crate::file::files!(types);

impl Source for Path {
    type Descriptor = Descriptor;

    fn with_descriptor<T>(&self, write: bool, call: impl FnOnce(&Descriptor) -> Result<T>) -> Result<T> {
        let flags = if write { DescriptorFlags::READ | DescriptorFlags::WRITE } else { DescriptorFlags::READ };
        call(&open(self, flags)?)
    }
}

macro_rules! source_as_path {
    ($($type:ty)*) => {$(
        impl Source for $type {
            type Descriptor = Descriptor;

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
    let path = crate::file::absolute(path.as_ref());
    let (directory, rest) = directories().find(&path)?;
    directory.open_at(PathFlags::SYMLINK_FOLLOW, rest, OpenFlags::empty(), flags).map_err(to_io_error)
}
