//! Wasmtime with its cache, and the components that it is given.

use crate::options::UsageError;
use std::path::{absolute, PathBuf};
use wasmtime::{Cache, CacheConfig, Config, Engine};
use wasmtime_wasi_mmap::SpanMemories;

fn cache_directory() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = variable("XDG_CACHE_HOME").or_else(|| variable("LOCALAPPDATA"));
    let base = base.or_else(|| std::env::home_dir().map(|home| home.join(".cache")))?;
    absolute(base.join("wasi-mmap").join("run-wasmtime")).ok()
}

/// The engine, and where the memory of its guests is made.
pub fn engine() -> wasmtime::Result<(Engine, SpanMemories)> {
    let mut config = Config::new();
    let memories = SpanMemories::new();
    memories.configure(&mut config);
    let mut cache = CacheConfig::new();
    if let Some(directory) = cache_directory() {
        cache.with_directory(directory);
    }
    // Without a cache that can be written the component is translated each time.
    config.cache(Cache::new(cache).ok());
    Ok((Engine::new(&config)?, memories))
}

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
