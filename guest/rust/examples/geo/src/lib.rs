//! `geo`: looks up addresses in a database (`.mmdb`), over HTTP.
//!
//! `GET /lookup?ip=81.2.69.160` answers with what the database says of the address, as JSON. `GEO_DATABASE` is the path of
//! the database, and `GEO_ACCESS` says how it is read: `span` (as memory, the default), `mapping` (reads of a mapping, each
//! a copy) or `file` (reads of the file).

pub mod database;
#[cfg(target_os = "wasi")]
mod service;
pub mod source;
