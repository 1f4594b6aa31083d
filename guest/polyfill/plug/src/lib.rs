//! The work of the commands `wasi-mmap` on a component before it runs:
//!
//! - `plug` fuses the polyfill with a guest or composes them, and returns a component that holds both and imports only WASI.
//! - `seal` returns a component that can be translated to JavaScript: it has no name that the guest's maker chose.
//! - `measure` refuses a component that is too large or too deeply nested to be translated, or imports what is not provided.
//! - `inspect` says what a component imports, and which hosts can run it.
//!
//! It runs as WebAssembly itself, inside the commands `wasi-mmap` for Node and for wasmtime (see `abi`), so a hostile
//! component can do no more than make this module trap.

mod abi;
mod compose;
mod fuse;
mod guest;
mod hosts;
mod inspect;
mod limits;
mod names;
mod plug;
mod rename;
mod seal;
mod sections;
