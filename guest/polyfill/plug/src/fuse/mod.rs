//! Puts the polyfill inside of a guest's own component: a core module beside the guest's, which has the same handles and lets
//! the host read and write files in the guest's memory.
//!
//! - `survey` looks whether that can be done, and `rewrite` does it, to an `output` with other indices (`renumber`).
//! - `extend` has the guest import the functions of files that the polyfill calls.
//! - `inside` is the polyfill in the guest. `reach` and `front` are the modules between the two, made for the types that
//!   `canonical` reads from the interface of the `polyfill`.

mod canonical;
mod extend;
mod front;
mod inside;
mod mentions;
mod module;
mod output;
mod polyfill;
mod reach;
mod renumber;
mod rewrite;
mod survey;
#[cfg(test)]
mod tests;

use crate::guest::validate;
use polyfill::Polyfill;
pub use survey::Reason;
use wasmparser::WasmFeatures;

/// The guest with the polyfill inside, or the reason why that cannot be done.
///
/// `component` is the polyfill that is composed, and `module` the one that is fused.
pub fn fuse(guest: &[u8], component: &[u8], module: &[u8]) -> Result<Vec<u8>, Reason> {
    let polyfill = Polyfill::read(component, module)?;
    let types = validate(guest, WasmFeatures::all())?;
    let survey = survey::survey(guest, &types, &polyfill)?;
    let fused = rewrite::rewrite(guest, &types, &polyfill, &survey).map_err(renumber::Trouble::into_reason)?;
    validate(&fused, WasmFeatures::all()).map_err(|error| Reason::from(format!("the result is not valid: {error}")))?;
    Ok(fused)
}
