//! Runs a component, and returns its exit code.

use crate::engine::{engine, read_component, Generation};
use crate::memmap2::warn_of_memmap2;
use crate::options::{printable, RunOptions, UsageError};
use crate::output::say;
use crate::plug::{measure, plugged, Purpose};
use crate::progress::timed;
use crate::run_p3;
use crate::state::{wasi, Outgoing, State, HOSTCALL_FUEL};
use crate::stats::{Figures, Moment};
use std::path::Path;
use std::time::Duration;
use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{Engine, Store};
use wasmtime_wasi::p2::bindings::sync::CommandPre;
use wasmtime_wasi::I32Exit;
use wasmtime_wasi_mmap::SpanEngine;

/// Larger components may take so long that the user should know why.
const SLOW_SIZE: usize = 1 << 20;
/// A compiled component is loaded from the cache in less time.
const PATIENCE: Duration = Duration::from_millis(500);

/// How the component ended.
pub enum Ended {
    Exit(u8),
    Trap(wasmtime::Error),
}

/// Compiles the component, or loads it from the cache, and tells the user if it takes long.
fn translate(engine: &Engine, path: &str, bytes: &[u8]) -> Result<Component, UsageError> {
    let work = || Component::new(engine, bytes);
    let component = if bytes.len() > SLOW_SIZE {
        #[allow(clippy::cast_precision_loss)] // For one decimal.
        let size = bytes.len() as f64 / f64::from(1 << 20);
        timed(&format!("translating {} ({size:.1} MiB), once", base_name(path)), PATIENCE, work)
    } else {
        work()
    };
    component.map_err(|error| UsageError::refused(format!("cannot translate {path}: {error:?}")))
}

pub fn base_name(path: &str) -> String {
    Path::new(path).file_name().map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned())
}

fn linker(engine: &Engine, native: bool) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_sync(&mut linker)?;
    if native {
        wasmtime_wasi_mmap::add_to_linker(&mut linker, State::mmap)?;
    }
    Ok(linker)
}

/// Compiles a component and links it. `to_pre` makes the type of wasmtime for such a component.
///
/// # Errors
///
/// A [`UsageError`] where the component cannot be compiled or linked.
pub fn link<P>(
    linker: &Linker<State>,
    (path, bytes): (&str, &[u8]),
    to_pre: impl FnOnce(InstancePre<State>) -> wasmtime::Result<P>,
) -> Result<P, UsageError> {
    let component = translate(linker.engine(), path, bytes)?;
    linker
        .instantiate_pre(&component)
        .and_then(to_pre)
        .map_err(|error| UsageError::refused(format!("{path} does not fit what is provided: {error:?}")))
}

/// A component as it runs, and its engine.
pub struct Loaded {
    pub spans: SpanEngine,
    pub bytes: Vec<u8>,
    pub generation: Generation,
}

/// Reads the component, and makes its engine.
///
/// # Errors
///
/// A [`UsageError`] about the component, or an error of the engine.
pub fn load(options: &RunOptions, purpose: Purpose) -> wasmtime::Result<Loaded> {
    // Guests of a server let others run from time to time.
    let interruptible = matches!(purpose, Purpose::Serve);
    let path = &options.component;
    let mut bytes = read_component(path)?;
    warn_of_memmap2(path, &bytes);
    let mut spans = engine(interruptible, Generation::Wasi0_2)?;
    let mut generation = measure(spans.engine(), (path, &bytes), purpose, true)?;
    if !options.native {
        bytes = plugged(spans.engine(), path, bytes)?;
        generation = measure(spans.engine(), (path, &bytes), purpose, false)?;
    }
    if generation == Generation::Wasi0_3 {
        spans = engine(interruptible, generation)?;
    }
    Ok(Loaded { spans, bytes, generation })
}

/// Tells the user of faults that the guest did not ask for, if there were some.
pub fn say_faults(path: &str) {
    if wasmtime_wasi_mmap::unnoticed_faults() > 0 {
        let name = base_name(path);
        let lost = "read zeros, or lost stores, where a mapped file was cut or could not be read";
        say(&printable(&format!("wasi-mmap: {name} {lost}")));
    }
}

/// Runs the component, and returns its end with what it has done.
///
/// # Errors
///
/// A [`UsageError`] where the component cannot be read, compiled or linked, or an error of the engine.
pub fn run(options: &RunOptions) -> wasmtime::Result<(Ended, Figures)> {
    // The cheap checks come first.
    let wasi = wasi(options)?.inherit_stdio().allow_blocking_current_thread(true).build();
    let path = &options.component;
    let Loaded { spans, bytes, generation } = load(options, Purpose::Run)?;
    let engine = spans.engine();
    let mut store = Store::new(engine, State::new(wasi, Outgoing::Denied, options, &spans));
    store.set_hostcall_fuel(HOSTCALL_FUEL);
    let begin;
    let ended = match generation {
        Generation::Wasi0_2 => {
            let linker = linker(engine, options.native)?;
            let command = link(&linker, (path, &bytes), CommandPre::new)?;
            begin = Moment::now();
            command.instantiate(&mut store).and_then(|command| command.wasi_cli_run().call_run(&mut store))
        }
        Generation::Wasi0_3 => {
            let command = run_p3::prepare(engine, path, &bytes, options.native)?;
            begin = Moment::now();
            command.run(&mut store)?
        }
    };
    let figures = Figures::since(&begin, store.data().metrics());
    drop(store); // This ends its spans, so their faults can be counted.
    say_faults(path);
    let ended = match ended {
        Ok(Ok(())) => Ended::Exit(0),
        Ok(Err(())) => Ended::Exit(1),
        Err(error) => match error.downcast_ref::<I32Exit>() {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // As operating systems do.
            Some(I32Exit(code)) => Ended::Exit(*code as u8),
            None => Ended::Trap(error),
        },
    };
    Ok((ended, figures))
}
