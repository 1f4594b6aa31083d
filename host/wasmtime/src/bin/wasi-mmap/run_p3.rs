//! Runs a component of WASI 0.3, which may take WASI 0.2 too.

use crate::run::link;
use crate::state::State;
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Result, Store};
use wasmtime_wasi::{p2, p3};

/// A component that is ready to run. The export of WASI 0.3 comes first if it has both.
pub enum Command {
    Wasi0_2(p2::bindings::CommandPre<State>),
    Wasi0_3(p3::bindings::CommandPre<State>),
}

fn linker(engine: &Engine, native: bool) -> Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    p3::add_to_linker(&mut linker)?;
    p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    if native {
        // The command has nothing else to do while a call waits for the system.
        wasmtime_wasi_mmap::add_to_linker(&mut linker, State::mmap)?;
        wasmtime_wasi_mmap::add_to_linker_p3(&mut linker, State::mmap)?;
    }
    Ok(linker)
}

/// Whether the component is a command of WASI 0.3.
fn exports_run(component: &Component) -> bool {
    let ty = component.component_type();
    let mut exports = ty.exports(component.engine());
    exports.any(|(name, _)| name.starts_with("wasi:cli/run@0.3."))
}

/// Compiles the component and links it with what the command provides.
///
/// # Errors
///
/// A [`UsageError`](crate::options::UsageError) where the component cannot be compiled or linked, or an error of the engine.
pub fn prepare(engine: &Engine, path: &str, bytes: &[u8], native: bool) -> Result<Command> {
    let linker = linker(engine, native)?;
    let command = link(&linker, (path, bytes), |component| {
        Ok(if exports_run(component.component()) {
            Command::Wasi0_3(p3::bindings::CommandPre::new(component)?)
        } else {
            Command::Wasi0_2(p2::bindings::CommandPre::new(component)?)
        })
    })?;
    Ok(command)
}

impl Command {
    /// Runs the component, and returns what it does, or the trap or exit that ends it.
    ///
    /// # Errors
    ///
    /// The runtime cannot start.
    pub fn run(self, store: &mut Store<State>) -> Result<Result<std::result::Result<(), ()>>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(runtime.block_on(async {
            match self {
                Command::Wasi0_2(command) => {
                    command.instantiate_async(&mut *store).await?.wasi_cli_run().call_run(store).await
                }
                Command::Wasi0_3(command) => {
                    let command = command.instantiate_async(&mut *store).await?;
                    store.run_concurrent(async |store| command.wasi_cli_run().call_run(store).await).await?
                }
            }
        }))
    }
}
