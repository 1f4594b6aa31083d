//! Compares the names of a component's imports and exports with what the hosts of this project provide.

use crate::guest::{is_wasi_0_3, Generation};

/// The verb of the command that starts a component.
#[derive(Clone, Copy, PartialEq)]
pub enum Purpose {
    /// `wasi-mmap run`.
    Run,
    /// `wasi-mmap serve`.
    Serve,
}

impl Purpose {
    /// The interface that the component has to export.
    pub fn export(self) -> &'static str {
        match self {
            Self::Run => "wasi:cli/run",
            Self::Serve => "wasi:http/incoming-handler",
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Run => "a command",
            Self::Serve => "a server",
        }
    }

    /// The generations that a component may take, if this is the latest that it takes.
    fn generations(self, latest: Generation) -> &'static [Generation] {
        match (self, latest) {
            (Self::Run, Generation::Third) => &[Generation::Third, Generation::Second],
            _ => &[Generation::Second],
        }
    }
}

/// Packages of both generations of WASI, and those of 0.2 alone. The engine reports an interface that one of them lacks.
const PACKAGES: [&str; 5] = ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:random/", "wasi:sockets/"];
const PACKAGES_OF_0_2: [&str; 2] = ["wasi:http/", "wasi:io/"];
const OURS: [&str; 2] = ["wasi-mmap:mmap/mapping", "wasi-mmap:mmap/span"];

/// Returns the latest generation of WASI that a component takes.
///
/// # Errors
///
/// A message that follows the name of the component: it imports what the command for wasmtime does not provide (our interfaces
/// only where it is `native`), or does not export what it needs for its purpose.
pub fn check(imports: &[&str], exports: &[&str], purpose: Purpose, native: bool) -> Result<Generation, String> {
    let takes_third = imports.iter().chain(exports).any(|name| is_wasi_0_3(name));
    let latest = if takes_third { Generation::Third } else { Generation::Second };
    let generations = purpose.generations(latest);
    let taken = |version: &str| Generation::of(version).filter(|generation| generations.contains(generation));
    let provided = |name: &str| {
        let (interface, version) = name.split_once('@').unwrap_or((name, ""));
        let Some(generation) = taken(version) else { return false };
        let of = |packages: &[&str]| packages.iter().any(|package| interface.starts_with(package));
        (native && OURS.contains(&interface))
            || of(&PACKAGES)
            || (generation == Generation::Second && of(&PACKAGES_OF_0_2))
    };
    let missing: Vec<_> = imports.iter().copied().filter(|name| !provided(name)).collect();
    if !missing.is_empty() {
        return Err(format!("imports what is not provided: {}", missing.join(", ")));
    }
    let fits = |name: &&str| {
        let (interface, version) = name.split_once('@').unwrap_or((name, "0.2."));
        interface == purpose.export() && taken(version).is_some()
    };
    if exports.iter().any(fits) {
        Ok(latest)
    } else {
        Err(format!("is not {}: it does not export {}", purpose.noun(), purpose.export()))
    }
}
