//! The folders that code may be run from: only this user and root can change or replace them. The npm command has the same
//! rules, see ts/cli/trust.mts. On Windows the access list protects the profile of a user.

use std::path::{Path, PathBuf};

#[cfg(unix)]
mod modes {
    use std::fs::Metadata;
    use std::os::unix::fs::MetadataExt;

    const WRITABLE_BY_OTHERS: u32 = 0o022;
    const ANY_FOR_OTHERS: u32 = 0o077;
    const STICKY: u32 = 0o1000;

    fn is_users(folder: &Metadata) -> bool {
        folder.uid() == rustix::process::geteuid().as_raw()
    }

    /// Whether the folder belongs to this user, and others cannot change it.
    pub fn is_own(folder: &Metadata) -> bool {
        is_users(folder) && folder.mode() & WRITABLE_BY_OTHERS == 0
    }

    /// Whether the folder belongs to this user, and others have no access at all.
    pub fn is_private(folder: &Metadata) -> bool {
        is_users(folder) && folder.mode() & ANY_FOR_OTHERS == 0
    }

    /// Whether others cannot replace the entries of this user and of root in the folder.
    pub fn keeps_entries(folder: &Metadata) -> bool {
        let kept = folder.mode() & WRITABLE_BY_OTHERS == 0 || folder.mode() & STICKY != 0;
        (folder.uid() == 0 || is_users(folder)) && kept
    }
}

#[cfg(not(unix))]
mod modes {
    use std::fs::Metadata;

    pub fn is_own(_: &Metadata) -> bool {
        true
    }

    pub fn is_private(_: &Metadata) -> bool {
        true
    }

    pub fn keeps_entries(_: &Metadata) -> bool {
        true
    }
}

pub use modes::{is_own, is_private};

type Accepts = fn(&std::fs::Metadata) -> bool;

fn is_folder(path: &Path, accepts: Accepts) -> bool {
    path.symlink_metadata().is_ok_and(|found| found.is_dir() && accepts(&found))
}

/// The folder without symbolic links in its path, if others cannot replace its entries.
pub fn trusted(folder: &Path) -> Option<PathBuf> {
    let real = folder.is_absolute().then(|| folder.canonicalize().ok())??;
    real.ancestors().all(|path| is_folder(path, modes::keeps_entries)).then_some(real)
}

fn make(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes a folder, unless others could replace it.
pub fn make_folder(path: &Path) {
    let above = path.ancestors().find(|above| above.symlink_metadata().is_ok());
    if above.is_some_and(|above| above != path && trusted(above).is_some()) {
        let _ = make(path); // The next check reports a missing folder.
    }
}

/// A folder that `accepts` allows, in one that others cannot change. It is made if it does not exist.
pub fn own_folder(parent: &Path, name: &str, accepts: Accepts) -> Option<PathBuf> {
    let folder = parent.join(name);
    let _ = make(&folder); // It may exist.
    is_folder(&folder, accepts).then_some(folder)
}
