//! The part of wasmtime's command that tests use.

use clap::Parser;
use wasmtime_cli::commands::{CompileCommand, RunCommand};

#[derive(Parser)]
#[command(name = "wasmtime")]
enum Wasmtime {
    /// Runs a WebAssembly component.
    Run(RunCommand),
    /// Compiles one.
    Compile(CompileCommand),
}

fn main() -> wasmtime::Result<()> {
    match Wasmtime::parse() {
        Wasmtime::Run(run) => run.execute(),
        Wasmtime::Compile(compile) => compile.execute(),
    }
}
