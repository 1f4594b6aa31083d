//! The state of a store, and what the command provides to its guests.

use crate::options::{Grant, RunOptions, UsageError};
use crate::run::base_name;
use std::future::Future;
use std::path::Path;
use wasmtime::component::ResourceTable;
use wasmtime::ResourceLimiter;
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{Error as HttpError, RequestOptions, WasiBody};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView};
use wasmtime_wasi_mmap::{Metrics, SpanEngine, WasiMmap, WasiMmapCtx};

/// As many bytes as a guest can have: with the limit of 128 MiB a larger write would trap.
pub const HOSTCALL_FUEL: usize = u32::MAX as usize;

pub struct State {
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outgoing: Outgoing,
    mmap: WasiMmapCtx,
    pub memory: MemoryLimit,
}

impl State {
    pub fn new(wasi: WasiCtx, outgoing: Outgoing, options: &RunOptions, spans: &SpanEngine) -> Self {
        let mut mmap = WasiMmapCtx::builder().spans(spans);
        if let Some(bytes) = options.max_private_memory {
            mmap = mmap.max_private_memory(bytes);
        }
        Self {
            table: ResourceTable::new(),
            wasi,
            http: WasiHttpCtx::new(),
            outgoing,
            mmap: mmap.build(),
            memory: MemoryLimit::default(),
        }
    }

    /// What the guests have done.
    pub fn metrics(&self) -> Metrics {
        self.mmap.metrics()
    }

    /// What a linker borrows.
    pub fn mmap(&mut self) -> WasiMmap<'_> {
        WasiMmap::new(&mut self.mmap, &mut self.table)
    }
}

/// Limits the memories and tables that the instances of a store have together.
#[derive(Default)]
pub struct MemoryLimit {
    /// In bytes; none: as much as the guest asks for.
    pub max: Option<u64>,
    used: u64,
}

impl MemoryLimit {
    /// Whether so much more fits.
    fn take(&mut self, current: usize, desired: usize, unit: u64) -> bool {
        let more = (desired.saturating_sub(current) as u64).saturating_mul(unit);
        let used = self.used.saturating_add(more);
        let fits = self.max.is_none_or(|max| used <= max);
        if fits {
            self.used = used;
        }
        fits
    }
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.take(current, desired, 1))
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.take(current, desired, size_of::<usize>() as u64))
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.outgoing, table: &mut self.table, ctx: &mut self.http }
    }
}

/// Whether guests may send requests. Components in JavaScript import wasi:http even if they do not use it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outgoing {
    Denied,
    #[cfg(unix)]
    Allowed,
}

impl Outgoing {
    #[cfg(unix)]
    #[allow(clippy::unnecessary_wraps)] // As on other systems.
    pub fn allowed() -> Result<Self, UsageError> {
        Ok(Outgoing::Allowed)
    }

    /// The TLS of the command is built for Unix alone.
    #[cfg(not(unix))]
    pub fn allowed() -> Result<Self, UsageError> {
        Err(UsageError::refused("--allow-outgoing: requests cannot be sent on this system"))
    }
}

type Sent<T> = Box<dyn Future<Output = T> + Send>;
type Answered = Result<(http::Response<WasiBody>, Sent<Result<(), HttpError>>), HttpError>;

#[cfg(unix)]
fn send(request: http::Request<WasiBody>, options: Option<RequestOptions>) -> Sent<Answered> {
    Box::new(async move {
        let (response, connection) = wasmtime_wasi_http::default_send_request(request, options).await?;
        Ok((response.map(WasiBody::new), Box::new(connection) as Sent<_>))
    })
}

impl WasiHttpHooks for Outgoing {
    fn send_request(
        &mut self,
        #[cfg_attr(not(unix), allow(unused_variables))] request: http::Request<WasiBody>,
        #[cfg_attr(not(unix), allow(unused_variables))] options: Option<RequestOptions>,
        _: Sent<Result<(), HttpError>>,
    ) -> Sent<Answered> {
        match self {
            Outgoing::Denied => Box::new(async { Err(HttpError::HttpRequestDenied) }),
            #[cfg(unix)]
            Outgoing::Allowed => send(request, options),
        }
    }
}

/// Grants a component its arguments, variables and directories.
///
/// # Errors
///
/// A message about a directory.
pub fn wasi(options: &RunOptions) -> Result<WasiCtxBuilder, UsageError> {
    let mut builder = WasiCtxBuilder::new();
    builder.arg(base_name(&options.component)).args(&options.arguments);
    for (name, value) in &options.environment {
        builder.env(name, value);
    }
    for (at, Grant { host, guest, read_only }) in options.grants.iter().enumerate() {
        if !Path::new(host).is_dir() {
            return Err(UsageError::refused(format!("not a directory: {host}")));
        }
        if options.grants[..at].iter().any(|other| other.guest == *guest) {
            return Err(UsageError::new(format!("two directories are to be {guest}")));
        }
        let permissions = if *read_only { FsPerms::ReadOnly } else { FsPerms::ReadWrite };
        builder
            .preopened_dir(host, guest, permissions)
            .map_err(|error| UsageError::refused(format!("cannot open {host}: {error}")))?;
    }
    Ok(builder)
}

#[cfg(test)]
mod tests {
    use super::MemoryLimit;
    use wasmtime::ResourceLimiter;

    #[test]
    fn memories_and_tables_count_together() {
        let mut limit = MemoryLimit { max: Some(100), used: 0 };
        assert!(limit.memory_growing(0, 60, None).unwrap());
        assert!(!limit.memory_growing(60, 101, None).unwrap());
        assert!(limit.table_growing(0, 5, None).unwrap());
        assert!(!limit.memory_growing(0, 1, None).unwrap());
        assert!(limit.memory_growing(10, 10, None).unwrap());
        assert!(MemoryLimit::default().memory_growing(0, usize::MAX, None).unwrap());
    }
}
