//! The interfaces that the component exports: `wasi-mmap:mmap/mapping` and `span`, and `wasi:filesystem`.

mod filesystem;
mod mapping;
mod span;
