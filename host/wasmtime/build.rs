//! Compiles the core, on the systems that it supports.

use std::path::{Path, PathBuf};

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.expect("a folder that can be read").path());
    let mut sources: Vec<_> = paths.filter(|path| path.extension().is_some_and(|kind| kind == "cpp")).collect();
    sources.sort();
    sources
}

/// Checks that the files in the command that are built elsewhere exist: the modules of guest/polyfill, and what .build/shell makes.
fn need_built() {
    let modules = ["plug", "polyfill", "fused", "provided", "provided-0-3"].map(|name| format!("polyfill/{name}.wasm"));
    for path in modules.iter().map(String::as_str).chain(["shell/wasi-mmap.1"]) {
        println!("cargo::rerun-if-changed={path}");
        assert!(
            Path::new(path).exists(),
            "{path} is missing, which the command carries: run \"make wasmtime\" at the top of the repository"
        );
    }
}

fn main() {
    if std::env::var_os("CARGO_FEATURE_CLI").is_some() {
        need_built();
    }
    // Cargo follows symbolic links only if it is told to.
    for path in ["build.rs", "core", "core/posix", "core/linux", "core/windows", "core/include"] {
        println!("cargo::rerun-if-changed={path}");
    }
    println!("cargo::rustc-check-cfg=cfg(native_core)");
    // Elsewhere every mmap() is `unsupported`, see src/ffi.rs.
    let system = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if system != "linux" && system != "windows" {
        return;
    }
    println!("cargo::rustc-cfg=native_core");
    assert!(
        Path::new("stringzilla/include/stringzilla/find.h").exists(),
        "the headers of StringZilla are missing: run \"npm install\" (or \"make build\") at the top of the repository"
    );
    let mut core = cc::Build::new();
    core.cpp(true).std("c++17").include("core/include").include("stringzilla/include");
    core.files(sources(Path::new("core"))).files(sources(&Path::new("core").join(&system)));
    if system == "linux" {
        core.files(sources(Path::new("core/posix")));
    }
    if system == "windows" {
        core.define("WIN32_LEAN_AND_MEAN", None).define("NOMINMAX", None).define("_WIN32_WINNT", "0x0a00");
        core.cpp_link_stdlib_static(true); // Windows has no C++ library of GNU or LLVM.
        println!("cargo::rustc-link-lib=ntdll");
    }
    if !core.get_compiler().is_like_msvc() {
        core.flag("-fvisibility=hidden");
    }
    core.opt_level(2) // An unoptimized core would be too slow even in a debug build.
        .warnings(false)
        .compile("wasi_mmap_core");
}
