//! The compiler of the program, where it has one.

use wasmtime::{bail, Engine, Module, Result};

/// Stands in for wasmtime's own `Module::new`, which a program without a compiler lacks. An inherent function takes
/// precedence over one of a trait.
trait WithoutCompiler: Sized {
    #[allow(dead_code)]
    fn new(_: &Engine, _: &[u8]) -> Result<Self> {
        bail!("there is no compiler")
    }
}

impl WithoutCompiler for Module {}

/// Compiles a module; none in a program without a compiler.
pub fn compile(engine: &Engine, module: &[u8]) -> Option<Module> {
    Module::new(engine, module).ok()
}
