//! A model of the data structure of the core's fault handler: some threads map, unmap and restore pages while handlers of
//! other threads read it. The tests run it in every order.
//!
//! It has a single file, pages instead of bytes, and no failures of the system.

pub mod kernel;
pub mod process;
pub mod region;
