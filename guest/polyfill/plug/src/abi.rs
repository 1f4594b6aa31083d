//! The functions that a host calls, once in each instance of the module: `allocate` room for the components in `memory`,
//! write them there, call `plug`, `seal`, `measure` or `inspect`, and read the result.

use crate::guest::{outside, Generation};
use crate::hosts::{self, Purpose};
use crate::inspect::{inspect as look, Shipped};
use crate::plug::{self, Plugged, Refusal};
use crate::{limits, seal};
use std::sync::OnceLock;

static RESULT: OnceLock<Vec<u8>> = OnceLock::new();
static EXPLANATION: OnceLock<String> = OnceLock::new();

fn result() -> &'static [u8] {
    RESULT.get().map_or(&[], Vec::as_slice)
}

fn explanation() -> &'static str {
    EXPLANATION.get().map_or("", String::as_str)
}

/// `(length) -> address` of as many bytes. They are freed with the instance.
#[no_mangle]
pub extern "C" fn allocate(length: usize) -> *mut u8 {
    Box::leak(vec![0; length].into_boxed_slice()).as_mut_ptr()
}

/// `(guest, its length, polyfill, its length, module, its length) -> status`. 0: the result is a component, and there is an
/// explanation. Else the result is a message in UTF-8 that follows the name of the guest. 1: the guest does not import the
/// interface. 2: the guest cannot be plugged. `polyfill` is the component to compose, and `module` the one to fuse; without the
/// latter every guest is composed.
///
/// # Safety
///
/// The addresses come from `allocate`, with these lengths.
#[no_mangle]
pub unsafe extern "C" fn plug(
    guest: *const u8,
    guest_length: usize,
    polyfill: *const u8,
    polyfill_length: usize,
    module: *const u8,
    module_length: usize,
) -> u32 {
    // SAFETY: the caller keeps the rules above.
    let (guest, polyfill, module) = unsafe {
        (
            std::slice::from_raw_parts(guest, guest_length),
            std::slice::from_raw_parts(polyfill, polyfill_length),
            std::slice::from_raw_parts(module, module_length),
        )
    };
    let (status, bytes) = match plug::plug(guest, polyfill, Some(module).filter(|module| !module.is_empty())) {
        Ok(Plugged { component, explanation, .. }) => {
            EXPLANATION.get_or_init(|| explanation);
            (0, component)
        }
        Err(refusal @ Refusal::NothingToPlug) => (1, refusal.to_string().into_bytes()),
        Err(refusal @ Refusal::Misfit(_)) => (2, refusal.to_string().into_bytes()),
    };
    RESULT.get_or_init(|| bytes);
    status
}

/// `(guest, its length, provided, its length, provided in 0.3, its length) -> status`. 0: the result is a component that holds the
/// guest and no name that the guest's maker chose. 3: the same, of WASI 0.3. Else the result is a message in UTF-8 that follows the
/// name of the guest. 1: the guest is not a command for this host. 2: the guest is malformed. The others are components that import
/// all that the host provides, in WASI 0.2 and with 0.3 beside it.
///
/// # Safety
///
/// The addresses come from `allocate`, with these lengths.
#[no_mangle]
pub unsafe extern "C" fn seal(
    guest: *const u8,
    guest_length: usize,
    provided: *const u8,
    provided_length: usize,
    provided_0_3: *const u8,
    provided_0_3_length: usize,
) -> u32 {
    // SAFETY: the caller keeps the rules above.
    let (guest, provided, provided_0_3) = unsafe {
        (
            std::slice::from_raw_parts(guest, guest_length),
            std::slice::from_raw_parts(provided, provided_length),
            std::slice::from_raw_parts(provided_0_3, provided_0_3_length),
        )
    };
    let (status, bytes) = match seal::seal_either(guest, provided, provided_0_3) {
        Ok((component, Generation::Second)) => (0, component),
        Ok((component, Generation::Third)) => (3, component),
        Err(seal::Refusal::Misfit(reason)) => (1, reason.into_bytes()),
        Err(seal::Refusal::Broken(reason)) => (2, reason.into_bytes()),
    };
    RESULT.get_or_init(|| bytes);
    status
}

/// `(guest, its length, purpose, native) -> status`. 0: the guest can be translated, and imports what the command for wasmtime
/// provides. 2: the same, by what knows WASI 0.3. Else the result is a message in UTF-8: 1: the guest cannot be translated: the
/// message follows "it". 3: it is not for this host: the message follows its name. `purpose` is 0 for a command and 1 for a
/// server; `native` is not 0 where our interfaces are provided.
///
/// # Safety
///
/// The address comes from `allocate`, with this length.
#[no_mangle]
pub unsafe extern "C" fn measure(guest: *const u8, guest_length: usize, purpose: u32, native: u32) -> u32 {
    // SAFETY: the caller keeps the rules above.
    let guest = unsafe { std::slice::from_raw_parts(guest, guest_length) };
    let purpose = if purpose == 0 { Purpose::Run } else { Purpose::Serve };
    let checked = limits::measure(guest)
        .and_then(|()| outside(guest).map_err(|reason| format!("is no valid component: {reason}")));
    let (status, reason) = match checked {
        Err(reason) => (1, reason),
        Ok((imports, exports)) => match hosts::check(&imports, &exports, purpose, native != 0) {
            Ok(Generation::Second) => return 0,
            Ok(Generation::Third) => return 2,
            Err(reason) => (3, reason),
        },
    };
    RESULT.get_or_init(|| reason.into_bytes());
    status
}

/// `(guest, its length, polyfill, its length, module, its length, provided, its length, provided in 0.3, its length) -> status`.
/// 0: the result is JSON, and the explanation is a text for people; else the result is a message in UTF-8 that follows the name
/// of the guest. The others are those of `plug` and `seal`.
///
/// # Safety
///
/// The addresses come from `allocate`, with these lengths.
#[no_mangle]
pub unsafe extern "C" fn inspect(
    guest: *const u8,
    guest_length: usize,
    polyfill: *const u8,
    polyfill_length: usize,
    module: *const u8,
    module_length: usize,
    provided: *const u8,
    provided_length: usize,
    provided_0_3: *const u8,
    provided_0_3_length: usize,
) -> u32 {
    // SAFETY: the caller keeps the rules above.
    let (guest, shipped) = unsafe {
        (
            std::slice::from_raw_parts(guest, guest_length),
            Shipped {
                polyfill: std::slice::from_raw_parts(polyfill, polyfill_length),
                fused: std::slice::from_raw_parts(module, module_length),
                provided: std::slice::from_raw_parts(provided, provided_length),
                provided_0_3: std::slice::from_raw_parts(provided_0_3, provided_0_3_length),
            },
        )
    };
    match look(guest, &shipped) {
        Ok(report) => {
            EXPLANATION.get_or_init(|| report.text());
            RESULT.get_or_init(|| report.json().into_bytes());
            0
        }
        Err(reason) => {
            RESULT.get_or_init(|| reason.into_bytes());
            1
        }
    }
}

/// `() -> address` of the result.
#[no_mangle]
pub extern "C" fn result_address() -> *const u8 {
    result().as_ptr()
}

/// `() -> length` of the result.
#[no_mangle]
pub extern "C" fn result_length() -> usize {
    result().len()
}

/// `() -> address` of the explanation, in UTF-8: whether the component is fused, or why it is composed.
#[no_mangle]
pub extern "C" fn explanation_address() -> *const u8 {
    explanation().as_ptr()
}

/// `() -> length` of the explanation.
#[no_mangle]
pub extern "C" fn explanation_length() -> usize {
    explanation().len()
}
