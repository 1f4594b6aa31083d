//! For the feature `std-file`: asks the C library that programs are linked with how it looks up a file descriptor, see
//! src/fd.rs. The Rust version does not tell: the C library is that of the toolchain's build, or of the user.

use std::env::{var, var_os};
use std::error::Error;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file of the C library, for programs that are not linked with the toolchain's.
const LIBRARY: &str = "WASI_MMAP_LIBC";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={LIBRARY}");
    println!("cargo::rustc-check-cfg=cfg(counted_descriptors)");
    let is_wasi = var("CARGO_CFG_TARGET_OS").as_deref() == Ok("wasi");
    if !is_wasi || var_os("CARGO_FEATURE_STD_FILE").is_none() {
        return;
    }
    if var("CARGO_CFG_TARGET_ENV").as_deref() == Ok("p3") && var_os("CARGO_FEATURE_P3").is_none() {
        println!("cargo::error=the C library of this target has descriptors of WASI 0.3: std-file needs the feature p3 there");
    }
    let library = library();
    println!("cargo::rerun-if-changed={}", library.display());
    match counts_descriptors(&library) {
        Ok(true) => println!("cargo::rustc-cfg=counted_descriptors"),
        Ok(false) => {}
        Err(error) => {
            println!(
                "cargo::error=the feature std-file needs the C library of WASI 0.2 or 0.3 that programs are linked with. \
                 {}: {error}. {LIBRARY} names another libc.a.",
                library.display()
            );
        }
    }
}

/// The toolchain's C library for the target, or the user's.
fn library() -> PathBuf {
    if let Some(path) = var_os(LIBRARY) {
        return path.into();
    }
    let rustc = var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let target = var("TARGET").unwrap_or_default();
    let output = Command::new(rustc).args(["--print", "target-libdir", "--target", &target]).output();
    let folder = output.map(|output| String::from_utf8_lossy(&output.stdout).trim_end().to_owned()).unwrap_or_default();
    Path::new(&folder).join("self-contained/libc.a")
}

/// Whether the table of descriptors counts references (since wasi-sdk 34), or not (since wasi-sdk 29).
fn counts_descriptors(library: &Path) -> Result<bool, Box<dyn Error>> {
    // An archive begins with a line and the header of its first member, 60 bytes with its size. This member has the names of
    // all symbols, each with a zero after it. Numbers stand before the first name.
    let mut file = File::open(library)?;
    let mut head = [0; 68];
    file.read_exact(&mut head)?;
    if !head.starts_with(b"!<arch>\n") {
        return Err("no archive".into());
    }
    let size: u64 = std::str::from_utf8(&head[56..66])?.trim_end().parse()?;
    let mut names = Vec::new();
    file.take(size).read_to_end(&mut names)?;
    let has = |name: &str| names.split(|byte| *byte == 0).any(|one| one.ends_with(name.as_bytes()));
    // Before wasi-sdk 29 the first of these functions had other arguments, and there was no `__wasilibc_add_file`.
    if !has("__wasilibc_add_file") {
        return Err("its descriptors are older than wasi-sdk 29".into());
    }
    match (has("descriptor_table_get_ref"), has("descriptor_table_get") && has("__wasilibc_descriptor_deallocate")) {
        (true, _) => Ok(false),
        (false, true) => Ok(true),
        (false, false) => Err("its table of descriptors is not one that is known".into()),
    }
}
