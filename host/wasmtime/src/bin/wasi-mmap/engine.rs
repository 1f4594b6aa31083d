//! The engine with its cache, and the component files.

use crate::options::UsageError;
use crate::trust::{is_own, is_private, make_folder, own_folder, trusted};
use std::path::PathBuf;
use wasmtime::{Cache, CacheConfig, Config};
use wasmtime_wasi_mmap::SpanEngine;

/// The folder of caches. Relative paths are ignored, as the XDG specification says.
fn cache_home() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = variable("XDG_CACHE_HOME").or_else(|| if cfg!(windows) { variable("LOCALAPPDATA") } else { None });
    base.or_else(|| std::env::home_dir().filter(|home| home.is_absolute()).map(|home| home.join(".cache")))
}

/// The folder of compiled components, if nobody else can write there: native code is run from it.
fn cache_directory() -> Option<PathBuf> {
    let home = cache_home()?;
    make_folder(&home);
    let own = own_folder(&trusted(&home)?, "wasi-mmap", is_own)?;
    own_folder(&own, "wasmtime", is_private)
}

/// The generation of WASI that a component is of. One of 0.3 may take 0.2 too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Generation {
    Wasi0_2,
    Wasi0_3,
}

/// Makes the engine. `interruptible`: the code of guests looks at epochs.
///
/// # Errors
///
/// The error of wasmtime where the engine cannot run on this machine.
pub fn engine(interruptible: bool, generation: Generation) -> wasmtime::Result<SpanEngine> {
    let mut config = Config::new();
    config.epoch_interruption(interruptible);
    // With it each call of a component takes longer, also of one that has no use for it.
    config.concurrency_support(generation == Generation::Wasi0_3);
    // Without a cache that only this user can write, each run compiles the component.
    config.cache(cache_directory().and_then(|directory| {
        let mut cache = CacheConfig::new();
        cache.with_directory(directory);
        Cache::new(cache).ok()
    }));
    // SAFETY: the memory of this configuration is wasmtime's own.
    unsafe { SpanEngine::new_unchecked(&config) }
}

/// Reads a file, and checks that it is a component.
///
/// # Errors
///
/// A message about the file.
pub fn read_component(path: &str) -> Result<Vec<u8>, UsageError> {
    let bytes = std::fs::read(path).map_err(|error| {
        UsageError::refused(match error.kind() {
            std::io::ErrorKind::NotFound => format!("no such file: {path}"),
            _ => format!("cannot read {path}: {error}"),
        })
    })?;
    // "\0asm", then the version: 1 and layer 0 for a module, 13 and layer 1 for a component.
    if bytes.len() < 8 || !bytes.starts_with(b"\0asm") {
        return Err(UsageError::refused(format!("{path} is not WebAssembly")));
    }
    if bytes[6..8] != [1, 0] {
        return Err(UsageError::refused(format!(
            "{path} is a core module, not a component: make one of it with \"wasm-tools component new\""
        )));
    }
    Ok(bytes)
}
