//! Runs a component, and returns its exit code.

use crate::engine::{engine, read_component};
use crate::memmap2::warn_of_memmap2;
use crate::options::{Grant, RunOptions, UsageError};
use crate::output::say;
use crate::plug::{measure, plugged};
use std::future::Future;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::p2::bindings::sync::CommandPre;
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{Error as HttpError, RequestOptions, WasiBody};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView};
use wasmtime_wasi_mmap::{WasiMmap, WasiMmapCtx};

/// Larger components may take so long that the user should know why.
const SLOW_SIZE: usize = 1 << 20;
/// A compiled component is loaded from the cache in less time.
const PATIENCE: Duration = Duration::from_millis(500);
/// As many bytes as a guest can have: with the limit of 128 MiB a larger write would trap.
const HOSTCALL_FUEL: usize = u32::MAX as usize;

/// How the component ended.
pub enum Ended {
    Exit(u8),
    Trap(wasmtime::Error),
}

struct State {
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    no_requests: NoRequests,
    mmap: WasiMmapCtx,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.no_requests, table: &mut self.table, ctx: &mut self.http }
    }
}

/// Denies all requests. Components in JavaScript import wasi:http even if they do not use it.
struct NoRequests;

type Sent<T> = Box<dyn Future<Output = T> + Send>;

impl WasiHttpHooks for NoRequests {
    fn send_request(
        &mut self,
        _: http::Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Sent<Result<(), HttpError>>,
    ) -> Sent<Result<(http::Response<WasiBody>, Sent<Result<(), HttpError>>), HttpError>> {
        Box::new(async { Err(HttpError::HttpRequestDenied) })
    }
}

/// Compiles the component, or loads it from the cache, and tells the user if it takes long.
fn translate(engine: &Engine, path: &str, bytes: &[u8]) -> Result<Component, UsageError> {
    let component = std::thread::scope(|scope| {
        let (done, wait) = mpsc::channel::<()>();
        if bytes.len() > SLOW_SIZE {
            scope.spawn(move || {
                if wait.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                    #[allow(clippy::cast_precision_loss)] // For one decimal.
                    let size = bytes.len() as f64 / f64::from(1 << 20);
                    say(&format!("wasi-mmap: translating {} ({size:.1} MiB), once", base_name(path)));
                }
            });
        }
        let component = Component::new(engine, bytes);
        drop(done);
        component
    });
    component.map_err(|error| UsageError::refused(format!("cannot translate {path}: {error:?}")))
}

pub fn base_name(path: &str) -> String {
    Path::new(path).file_name().map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned())
}

fn wasi(options: &RunOptions) -> Result<WasiCtx, UsageError> {
    let mut builder = WasiCtxBuilder::new();
    builder.inherit_stdio().allow_blocking_current_thread(true);
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
    Ok(builder.build())
}

fn linker(engine: &Engine, native: bool) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_sync(&mut linker)?;
    if native {
        wasmtime_wasi_mmap::add_to_linker(&mut linker, |state: &mut State| {
            WasiMmap::new(&mut state.mmap, &mut state.table)
        })?;
    }
    Ok(linker)
}

/// Whether an export is that of a command.
fn is_run(name: &str) -> bool {
    name == "wasi:cli/run" || name.starts_with("wasi:cli/run@0.2.")
}

/// Packages of WASI 0.2. wasmtime reports an interface that one of them lacks when it instantiates.
const PACKAGES: [&str; 7] =
    ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:http/", "wasi:io/", "wasi:random/", "wasi:sockets/"];

/// The imports of the component that belong to no package that the command provides.
fn missing(engine: &Engine, component: &Component, native: bool) -> Vec<String> {
    let provided = |name: &str| {
        let (interface, version) = name.split_once('@').unwrap_or((name, ""));
        let known = PACKAGES.iter().any(|package| interface.starts_with(package))
            || (native && matches!(interface, "wasi-mmap:mmap/mapping" | "wasi-mmap:mmap/span"));
        known && version.starts_with("0.2.")
    };
    let types = component.component_type();
    types.imports(engine).map(|(name, _)| name).filter(|name| !provided(name)).map(str::to_owned).collect()
}

/// Compiles the component and links it with what the command provides.
fn prepare(engine: &Engine, path: &str, bytes: &[u8], native: bool) -> wasmtime::Result<CommandPre<State>> {
    let component = translate(engine, path, bytes)?;
    let linker = linker(engine, native)?;
    let missing = missing(engine, &component, native);
    if !missing.is_empty() {
        let message = format!("{path} imports what is not provided: {}", missing.join(", "));
        return Err(UsageError::refused(message).into());
    }
    if !component.component_type().exports(engine).any(|(name, _)| is_run(name)) {
        let message = format!("{path} is not a command: it does not export wasi:cli/run");
        return Err(UsageError::refused(message).into());
    }
    let command = linker.instantiate_pre(&component).and_then(CommandPre::new);
    let misfit = |error| UsageError::refused(format!("{path} does not fit what is provided: {error:?}"));
    Ok(command.map_err(misfit)?)
}

/// Runs the component.
///
/// # Errors
///
/// A [`UsageError`] where the component cannot be read, compiled or linked, or an error of the engine.
pub fn run(options: &RunOptions) -> wasmtime::Result<Ended> {
    // The cheap checks come first.
    let wasi = wasi(options)?;
    let path = &options.component;
    let bytes = read_component(path)?;
    warn_of_memmap2(path, &bytes);
    let spans = engine()?;
    let engine = spans.engine();
    measure(engine, path, &bytes)?;
    let bytes = if options.native { bytes } else { plugged(engine, path, bytes)? };
    let command = prepare(engine, path, &bytes, options.native)?;
    let mut mmap = WasiMmapCtx::builder().spans(&spans);
    if let Some(bytes) = options.max_private_memory {
        mmap = mmap.max_private_memory(bytes);
    }
    let state = State {
        table: ResourceTable::new(),
        wasi,
        http: WasiHttpCtx::new(),
        no_requests: NoRequests,
        mmap: mmap.build(),
    };
    let mut store = Store::new(engine, state);
    store.set_hostcall_fuel(HOSTCALL_FUEL);
    let ended = command.instantiate(&mut store).and_then(|command| command.wasi_cli_run().call_run(&mut store));
    drop(store); // This ends its spans, so their faults can be counted.
    if wasmtime_wasi_mmap::unnoticed_faults() > 0 {
        let name = base_name(path);
        let lost = "read zeros, or lost stores, where a mapped file was cut or could not be read";
        say(&format!("wasi-mmap: {name} {lost}"));
    }
    Ok(match ended {
        Ok(Ok(())) => Ended::Exit(0),
        Ok(Err(())) => Ended::Exit(1),
        Err(error) => match error.downcast_ref::<I32Exit>() {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // As operating systems do.
            Some(I32Exit(code)) => Ended::Exit(*code as u8),
            None => Ended::Trap(error),
        },
    })
}
