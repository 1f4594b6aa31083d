//! Files of WASI 0.3, which has no reads at an offset but those of a mapping: the feature `p3`.
//!
//! ```no_run
//! use wasi_mmap::{p3, MmapOptions};
//!
//! # async fn run() -> std::io::Result<()> {
//! let file = p3::open("/log/server.log", p3::DescriptorFlags::READ).await?;
//! let log = MmapOptions::new().map(&file)?;
//! println!("{:?}", log.rfind(b"ERROR", ..)?);
//! # Ok(())
//! # }
//! ```

use std::io::Result;
use std::path::Path;

use wasip3::filesystem::preopens::get_directories;
use wasip3::filesystem::types::{self, OpenFlags, PathFlags};
pub use wasip3::filesystem::types::{Descriptor, DescriptorFlags};

crate::file::files!(types);

/// Opens a file below a directory that the host has granted. Relative paths begin at the working directory.
///
/// It asks for exactly these rights.
///
/// # Errors
///
/// `NotFound` if no granted directory contains the path, or the error of the host.
pub async fn open(path: impl AsRef<Path>, flags: DescriptorFlags) -> Result<Descriptor> {
    let path = crate::file::absolute(path.as_ref());
    let (directory, rest) = directories().find(&path)?;
    directory.open_at(PathFlags::SYMLINK_FOLLOW, rest.into(), OpenFlags::empty(), flags).await.map_err(to_io_error)
}
