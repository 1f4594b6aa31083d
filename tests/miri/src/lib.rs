//! `host/wasmtime/src/native`, the only code of the crate that calls the core, on a core in Rust. Miri finds overlapping
//! calls on one mapping or span, and memory that is used after its release.
#![cfg(test)]

mod bindings;
mod ffi;
#[allow(dead_code, deprecated, reason = "nightly has a new name for fetch_update")]
#[path = "../../../host/wasmtime/src/limits.rs"]
mod limits;
#[path = "../../../host/wasmtime/src/lock.rs"]
mod lock;
#[allow(dead_code, unused_imports, clippy::all, clippy::pedantic)]
#[path = "../../../host/wasmtime/src/native/mod.rs"]
mod native;
mod tests;
