//! Puts the polyfill in front of a guest: a new component that holds both and imports nothing but WASI.
//!
//! It runs as WebAssembly itself, inside the commands `wasi-mmap` for Node and for wasmtime (see `abi`): what they are
//! given may be hostile, and can then do no more than make this module trap.

mod abi;
mod compose;
