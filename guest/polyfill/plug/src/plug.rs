//! Gives a guest the polyfill: inside of its component where that can be done, else in front of it.

use crate::compose::Composition;
use crate::fuse::{fuse, Reason};
use crate::guest::{is_of_0_3, is_wasi_0_3, outside};
use std::fmt;

/// Only the polyfill exports interfaces of this package.
pub const PACKAGE: &str = "wasi-mmap:mmap/";
pub const MAPPING: &str = "wasi-mmap:mmap/mapping";

/// The reason why a guest is not plugged. The message follows the name of the guest.
pub enum Refusal {
    NothingToPlug,
    Misfit(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingToPlug => write!(formatter, "does not import {MAPPING}: there is nothing to plug"),
            Self::Misfit(reason) => formatter.write_str(reason),
        }
    }
}

pub struct Plugged {
    pub component: Vec<u8>,
    /// One line that says how it is done, and if the polyfill is composed, why.
    pub explanation: String,
    /// The end of that line, if the polyfill is composed: why, and what the component needs.
    pub composed: Option<String>,
}

/// Refuses a guest that maps files of WASI 0.3. Reads of them wait, and a component may call the functions of a mapping where it
/// must not wait: a polyfill would trap there.
fn check_generation(imports: &[&str]) -> Result<(), Refusal> {
    let Some(later) = imports.iter().find(|name| name.starts_with(PACKAGE) && is_of_0_3(name)) else {
        return Ok(());
    };
    Err(Refusal::Misfit(format!(
        "imports {later}, which has no polyfill: files of WASI 0.3 are read by functions that wait, and those of a mapping do \
         not wait. {MAPPING}@0.2.0 has one, also in a component of WASI 0.3"
    )))
}

/// `polyfill` is the component to compose, and `module` the core module to fuse. Without it the polyfill is composed.
pub fn plug(guest: &[u8], polyfill: &[u8], module: Option<&[u8]>) -> Result<Plugged, Refusal> {
    let (imports, exports) = outside(guest).unwrap_or_default(); // Others report what is malformed.
    check_generation(&imports)?;
    let later = imports.iter().chain(&exports).any(|name| is_wasi_0_3(name));
    let needs = if later { ". It needs WASI 0.2 and 0.3" } else { "" };
    let fused = match module.map(|module| fuse(guest, polyfill, module)) {
        // The composer stops at such guests.
        Some(Err(Reason::Refuse(reason))) => return Err(Refusal::Misfit(reason)),
        Some(Err(Reason::Compose(reason))) => Err(reason),
        Some(Ok(component)) => Ok(component),
        None => Err("that was asked for".to_owned()),
    };
    // It also tells whether the guest's imports are those that the polyfill has.
    let composition = Composition::new(guest, polyfill)?;
    let reason = match fused {
        Ok(component) => {
            return Ok(Plugged {
                component,
                explanation: format!("fused: the polyfill is inside of the component{needs}"),
                composed: None,
            });
        }
        Err(reason) => reason,
    };
    let component = composition.encode().map_err(|refusal| match refusal {
        Refusal::Misfit(misfit) if module.is_some() => {
            Refusal::Misfit(format!("{misfit} (composed, because {reason})"))
        }
        other => other,
    })?;
    let why = format!("{reason}{needs}");
    Ok(Plugged { component, explanation: format!("composed, because {why}"), composed: Some(why) })
}
