//! The output of a command: a file that is replaced when it is complete, or standard output.

use crate::options::UsageError;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let old = fs::metadata(path).ok();
    // Write into a device or a pipe, which cannot be replaced.
    if old.as_ref().is_some_and(|old| !old.is_file()) {
        return fs::write(path, bytes);
    }
    let target = if old.is_some() { fs::canonicalize(path)? } else { path.to_owned() };
    let mut draft = target.clone().into_os_string();
    draft.push(format!(".{}", std::process::id()));
    let draft = PathBuf::from(draft);
    let mut file = OpenOptions::new().write(true).create_new(true).open(&draft)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| old.map_or(Ok(()), |old| file.set_permissions(old.permissions())))
        .and_then(|()| fs::rename(&draft, target));
    written.inspect_err(|_| drop(fs::remove_file(&draft)))
}

/// Writes a message to the user, if anybody can read it: the exit code tells too.
pub fn say(message: &str) {
    tell(&format!("{message}\n"));
}

/// Writes a part of a line, like `say`.
pub fn tell(text: &str) {
    let mut output = io::stderr();
    let _ = output.write_all(text.as_bytes()).and_then(|()| output.flush());
}

pub fn write_output(path: &str, bytes: &[u8]) -> Result<(), UsageError> {
    let written = match path {
        "-" => io::stdout().write_all(bytes).and_then(|()| io::stdout().flush()),
        path => replace(Path::new(path), bytes),
    };
    written.map_err(|error| UsageError::refused(format!("cannot write {path}: {error}")))
}
