//! What the commands `wasi-mmap` do to components before anything runs them:
//!
//! - `plug` puts the polyfill in front of a guest: a new component that holds both and imports nothing but WASI.
//! - `seal` makes a component of a guest that can be translated to JavaScript: no name that the guest's maker chose is left.
//! - `measure` refuses what is too much for those who translate it.
//!
//! It runs as WebAssembly itself, inside the commands `wasi-mmap` for Node and for wasmtime (see `abi`): what they are
//! given may be hostile, and can then do no more than make this module trap.

mod abi;
mod compose;
mod limits;
mod names;
mod rename;
mod seal;
mod sections;
