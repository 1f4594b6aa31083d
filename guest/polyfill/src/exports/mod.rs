//! The interfaces `wasi-mmap:mmap/mapping` and `span`.

mod mapping;
mod span;
