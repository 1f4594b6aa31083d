//! Calls the module of guest/polyfill/plug, which looks at components and gives them the polyfill. It runs here as WebAssembly, as
//! it does in Node, so both give the same result and a hostile component can only make the module trap.

use crate::engine::{engine, read_component, Generation};
use crate::memmap2::warn_of_memmap2;
use crate::options::{printable, InspectOptions, PlugOptions, UsageError};
use crate::output::{say, write_output};
use wasmtime::{Engine, Instance, Memory, Module, Store, TypedFunc, Val};

const PLUG: &[u8] = include_bytes!("../../../polyfill/plug.wasm");
/// The form of the polyfill to compose, and the one to fuse.
const POLYFILL: &[u8] = include_bytes!("../../../polyfill/polyfill.wasm");
const FUSED: &[u8] = include_bytes!("../../../polyfill/fused.wasm");
/// What the command in Node provides in each generation.
const PROVIDED: &[u8] = include_bytes!("../../../polyfill/provided.wasm");
const PROVIDED_0_3: &[u8] = include_bytes!("../../../polyfill/provided-0-3.wasm");

/// The result of the module's `plug`, see guest/polyfill/plug/src/abi.rs.
enum Answer {
    Plugged { component: Vec<u8>, explanation: String },
    NothingToPlug(String),
    Misfit(String),
}

/// The verb that starts a component.
#[derive(Clone, Copy)]
pub enum Purpose {
    Run,
    Serve,
}

struct Plug {
    store: Store<()>,
    instance: Instance,
    memory: Memory,
}

impl Plug {
    fn new(engine: &Engine) -> wasmtime::Result<Self> {
        let mut store = Store::new(engine, ());
        store.set_epoch_deadline(u64::MAX >> 1); // It is trusted.
        let instance = Instance::new(&mut store, &Module::new(engine, PLUG)?, &[])?;
        let memory = instance.get_memory(&mut store, "memory").expect("the module's memory");
        Ok(Self { store, instance, memory })
    }

    /// Calls a function with the addresses and lengths of components, and numbers after them.
    fn call(&mut self, name: &str, components: &[&[u8]], numbers: &[u32]) -> wasmtime::Result<u32> {
        let allocate: TypedFunc<u32, u32> = self.instance.get_typed_func(&mut self.store, "allocate")?;
        let mut words = Vec::new();
        for bytes in components {
            let length = u32::try_from(bytes.len())?;
            let address = allocate.call(&mut self.store, length)?;
            self.memory.write(&mut self.store, address as usize, bytes)?;
            words.extend([address, length]);
        }
        words.extend(numbers);
        let words: Vec<_> = words.into_iter().map(|word| Val::I32(word.cast_signed())).collect();
        let function = self.instance.get_func(&mut self.store, name).expect("a function of the module");
        let mut status = [Val::I32(0)];
        function.call(&mut self.store, &words, &mut status)?;
        Ok(status[0].unwrap_i32().cast_unsigned())
    }

    /// The bytes that two functions give the address and the length of.
    fn take(&mut self, name: &str) -> wasmtime::Result<Vec<u8>> {
        let store = &mut self.store;
        let mut number = |part: &str| {
            let function: TypedFunc<(), u32> = self.instance.get_typed_func(&mut *store, &format!("{name}_{part}"))?;
            function.call(&mut *store, ())
        };
        let (address, length) = (number("address")?, number("length")?);
        let mut bytes = vec![0; length as usize];
        self.memory.read(&self.store, address as usize, &mut bytes)?;
        Ok(bytes)
    }

    fn text(&mut self, name: &str) -> wasmtime::Result<String> {
        Ok(String::from_utf8_lossy(&self.take(name)?).into_owned())
    }

    fn plug(&mut self, guest: &[u8], compose: bool) -> wasmtime::Result<Answer> {
        let module = if compose { &[] } else { FUSED };
        Ok(match self.call("plug", &[guest, POLYFILL, module], &[])? {
            0 => Answer::Plugged { component: self.take("result")?, explanation: self.text("explanation")? },
            1 => Answer::NothingToPlug(self.text("result")?),
            _ => Answer::Misfit(self.text("result")?),
        })
    }

    /// The text for people and the JSON, or the reason why there is none.
    fn inspect(&mut self, guest: &[u8]) -> wasmtime::Result<Result<(String, String), String>> {
        Ok(match self.call("inspect", &[guest, POLYFILL, FUSED, PROVIDED, PROVIDED_0_3], &[])? {
            0 => Ok((self.text("explanation")?, self.text("result")?)),
            _ => Err(self.text("result")?),
        })
    }

    fn measure(
        &mut self,
        (path, guest): (&str, &[u8]),
        purpose: Purpose,
        native: bool,
    ) -> wasmtime::Result<Result<Generation, UsageError>> {
        let numbers = [u32::from(matches!(purpose, Purpose::Serve)), u32::from(native)];
        let reason = match self.call("measure", &[guest], &numbers)? {
            0 => return Ok(Ok(Generation::Wasi0_2)),
            2 => return Ok(Ok(Generation::Wasi0_3)),
            1 => format!("cannot translate {path}: it {}", self.text("result")?),
            _ => format!("{path} {}", self.text("result")?),
        };
        Ok(Err(UsageError::refused(reason)))
    }
}

/// A trap of the module, which is the component's fault, and ends here.
fn too_large(verb: &str, path: &str, trap: &wasmtime::Error) -> UsageError {
    UsageError::refused(format!("cannot {verb} {path}: it is too large or too deep ({})", trap.root_cause()))
}

/// Returns the generation of a component that can be compiled, and imports only what is provided.
///
/// # Errors
///
/// A [`UsageError`] that says why not, or an error of the engine.
pub fn measure(
    engine: &Engine,
    component: (&str, &[u8]),
    purpose: Purpose,
    native: bool,
) -> wasmtime::Result<Generation> {
    let measured = Plug::new(engine)?.measure(component, purpose, native);
    Ok(measured.map_err(|trap| too_large("translate", component.0, &trap))??)
}

fn plug(engine: &Engine, path: &str, guest: &[u8], compose: bool) -> wasmtime::Result<Answer> {
    let mut plug = Plug::new(engine)?;
    // A trap of the module is the component's fault, and ends here.
    Ok(plug.plug(guest, compose).map_err(|error| {
        let reason = error.root_cause();
        UsageError::refused(format!("{path} cannot be plugged: it is too large, or wac cannot read it ({reason})"))
    })?)
}

/// Returns the component as it runs without the native mapping: with the polyfill if it maps files.
///
/// # Errors
///
/// A [`UsageError`] where the component cannot be plugged, or an error of the engine.
pub fn plugged(engine: &Engine, path: &str, guest: Vec<u8>) -> wasmtime::Result<Vec<u8>> {
    match plug(engine, path, &guest, false)? {
        Answer::Plugged { component, .. } => Ok(component),
        Answer::NothingToPlug(_) => Ok(guest),
        Answer::Misfit(reason) => Err(UsageError::refused(format!("{path} {reason}")).into()),
    }
}

/// Does `wasi-mmap plug`.
///
/// # Errors
///
/// A [`UsageError`] where the component cannot be read or plugged or the output not be written, or an error of the engine.
pub fn plug_file(PlugOptions { component, output, compose, explain }: &PlugOptions) -> wasmtime::Result<()> {
    let guest = read_component(component)?;
    warn_of_memmap2(component, &guest);
    match plug(engine(false, Generation::Wasi0_2)?.engine(), component, &guest, *compose)? {
        Answer::Plugged { component: bytes, explanation } => {
            write_output(output, &bytes)?;
            if *explain {
                say(&printable(&format!("wasi-mmap: {component}: {explanation}")));
            }
            Ok(())
        }
        Answer::NothingToPlug(reason) | Answer::Misfit(reason) => {
            Err(UsageError::refused(format!("{component} {reason}")).into())
        }
    }
}

/// Does `wasi-mmap inspect`.
///
/// # Errors
///
/// A [`UsageError`] where the component cannot be read or the output not be written, or an error of the engine.
pub fn inspect_file(InspectOptions { component, json }: &InspectOptions) -> wasmtime::Result<()> {
    let guest = read_component(component)?;
    warn_of_memmap2(component, &guest);
    let mut plug = Plug::new(engine(false, Generation::Wasi0_2)?.engine())?;
    let report = plug.inspect(&guest).map_err(|trap| too_large("inspect", component, &trap))?;
    let (text, data) = report.map_err(|reason| UsageError::refused(format!("{component} {reason}")))?;
    let output = if *json { format!("{data}\n") } else { printable(&format!("{component}: {text}")) };
    Ok(write_output("-", output.as_bytes())?)
}
