//! The work of the commands `wasi-mmap` on a component before it runs:
//!
//! - `plug` puts the polyfill in front of a guest, and returns a component that holds both and imports only WASI.
//! - `seal` returns a component that can be translated to JavaScript: it has no name that the guest's maker chose.
//! - `measure` refuses a component that is too large or too deeply nested to be translated.
//!
//! It runs as WebAssembly itself, inside the commands `wasi-mmap` for Node and for wasmtime (see `abi`), so a hostile
//! component can do no more than make this module trap.

mod abi;
mod compose;
mod limits;
mod names;
mod rename;
mod seal;
mod sections;
