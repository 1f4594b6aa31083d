//! Gives the polyfill to a component, with the module of guest/polyfill/plug. It runs here as WebAssembly, as it does
//! in Node, so both give the same result and a hostile component can only make the module trap.

use crate::engine::{engine, read_component, Generation};
use crate::memmap2::warn_of_memmap2;
use crate::options::{printable, PlugOptions, UsageError};
use crate::output::{say, write_output};
use wasmtime::{Engine, Instance, Memory, Module, Store, TypedFunc};

const PLUG: &[u8] = include_bytes!("../../../polyfill/plug.wasm");
/// The form of the polyfill to compose, and the one to fuse.
const POLYFILL: &[u8] = include_bytes!("../../../polyfill/polyfill.wasm");
const FUSED: &[u8] = include_bytes!("../../../polyfill/fused.wasm");

/// The result of the module, see guest/polyfill/plug/src/abi.rs.
enum Answer {
    Plugged { component: Vec<u8>, explanation: String },
    NothingToPlug(String),
    Misfit(String),
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

    fn put(&mut self, bytes: &[u8]) -> wasmtime::Result<(u32, u32)> {
        let length = u32::try_from(bytes.len())?;
        let allocate: TypedFunc<u32, u32> = self.instance.get_typed_func(&mut self.store, "allocate")?;
        let address = allocate.call(&mut self.store, length)?;
        self.memory.write(&mut self.store, address as usize, bytes)?;
        Ok((address, length))
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

    fn result(&mut self) -> wasmtime::Result<Vec<u8>> {
        self.take("result")
    }

    fn plug(&mut self, guest: &[u8], compose: bool) -> wasmtime::Result<Answer> {
        let (guest, guest_length) = self.put(guest)?;
        let (polyfill, polyfill_length) = self.put(POLYFILL)?;
        let (module, module_length) = self.put(if compose { &[] } else { FUSED })?;
        let store = &mut self.store;
        let plug: TypedFunc<(u32, u32, u32, u32, u32, u32), u32> = self.instance.get_typed_func(&mut *store, "plug")?;
        let status = plug.call(store, (guest, guest_length, polyfill, polyfill_length, module, module_length))?;
        let result = self.result()?;
        let text = |result: Vec<u8>| String::from_utf8_lossy(&result).into_owned();
        Ok(match status {
            0 => Answer::Plugged { component: result, explanation: text(self.take("explanation")?) },
            1 => Answer::NothingToPlug(text(result)),
            _ => Answer::Misfit(text(result)),
        })
    }

    fn measure(&mut self, guest: &[u8]) -> wasmtime::Result<Result<Generation, String>> {
        let (guest, length) = self.put(guest)?;
        let measure: TypedFunc<(u32, u32), u32> = self.instance.get_typed_func(&mut self.store, "measure")?;
        Ok(match measure.call(&mut self.store, (guest, length))? {
            0 => Ok(Generation::Wasi0_2),
            2 => Ok(Generation::Wasi0_3),
            _ => Err(String::from_utf8_lossy(&self.result()?).into_owned()),
        })
    }
}

/// Returns the generation of a component, unless it is too large or too deeply nested to be compiled.
///
/// # Errors
///
/// A [`UsageError`] that names the limit, or an error of the engine.
pub fn measure(engine: &Engine, path: &str, guest: &[u8]) -> wasmtime::Result<Generation> {
    match Plug::new(engine)?.measure(guest) {
        Ok(Ok(generation)) => Ok(generation),
        Ok(Err(reason)) => Err(UsageError::refused(format!("cannot translate {path}: it {reason}")).into()),
        Err(error) => {
            let reason = error.root_cause();
            Err(UsageError::refused(format!("cannot translate {path}: it is too large or too deep ({reason})")).into())
        }
    }
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
