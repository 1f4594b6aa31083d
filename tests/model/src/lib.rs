//! A model of the structure that the core's fault handler walks: what threads that map, unmap and bring pages back do to it
//! while handlers of others read it. The tests run it in every order.
//!
//! It has a single file, pages instead of bytes, and no failures of the system.

pub mod kernel;
pub mod process;
pub mod region;
