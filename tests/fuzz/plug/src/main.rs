//! What puts the polyfill in front of a component, on components that nobody made with care: it answers, and what it
//! makes is what it promises. Inputs are components.
#![no_main]

#[allow(dead_code)]
#[path = "../../../../guest/polyfill/plug/src/compose.rs"]
mod compose;
mod sections;

use arbitrary::Unstructured;
use compose::Refusal;
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use std::sync::LazyLock;
use wasm_smith::{Component, Config};
use wasmparser::{Parser, Payload};
use wit_component::{dummy_module, embed_component_metadata, ComponentEncoder, StringEncoding};
use wit_parser::{ManglingAndAbi, Resolve};

/// A component of a world, with functions that trap.
fn of_world(folders: &[&str], world: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let mut package = None;
    for folder in folders {
        let path = format!("{}/../../../{folder}", env!("CARGO_MANIFEST_DIR"));
        package = Some(resolve.push_dir(path).expect("WIT").0);
    }
    let package = package.expect("a folder");
    let world = resolve.select_world(&[package], Some(world)).expect("a world");
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).expect("a module");
    ComponentEncoder::default().module(&module).and_then(|encoder| encoder.encode()).expect("a component")
}

static POLYFILL: LazyLock<Vec<u8>> = LazyLock::new(|| of_world(&["wit", "guest/polyfill/wit"], "polyfill"));
static GUEST: LazyLock<Vec<u8>> = LazyLock::new(|| of_world(&["wit"], "guest-spans"));

/// The names of what a component imports and exports.
fn names(component: &[u8]) -> (Vec<String>, Vec<String>) {
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(component) {
        match payload.expect("what the plug makes can be read") {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 1 => {
                imports.extend(section.into_iter().map(|import| import.expect("an import").name.name.to_owned()));
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                exports.extend(section.into_iter().map(|export| export.expect("an export").name.name.to_owned()));
            }
            _ => {}
        }
    }
    (imports, exports)
}

fuzz_target!(|guest: &[u8]| {
    match compose::plug(guest, &POLYFILL) {
        Ok(plugged) => {
            let (imports, exports) = names(&plugged);
            assert!(!imports.iter().any(|name| name.starts_with("wasi-mmap:")), "it imports {imports:?}");
            assert_eq!(exports, names(guest).1, "it exports what the guest does");
        }
        Err(refusal @ (Refusal::NothingToPlug | Refusal::Misfit(_))) => assert!(!refusal.to_string().is_empty()),
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut state = u64::from(seed) | 1 << 32;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or(0) % below
    };
    let mutate = |bytes: &[u8]| {
        let mut buffer = bytes.to_vec();
        buffer.resize(bytes.len() + 64, 0);
        let size = fuzzer_mutate(&mut buffer, bytes.len(), bytes.len() + 64);
        buffer.truncate(size);
        buffer
    };
    let changed = match random(64) {
        0 => Some(GUEST.clone()),
        1 => {
            let choices: Vec<u8> = (0..1000).map(|_| random(256).to_le_bytes()[0]).collect();
            Component::new(Config::default(), &mut Unstructured::new(&choices)).ok().map(|made_up| made_up.to_bytes())
        }
        2..8 => None,
        _ => sections::change(&data[..size], &mut random, &mutate),
    };
    match changed {
        Some(changed) if changed.len() <= max_size => {
            data[..changed.len()].copy_from_slice(&changed);
            changed.len()
        }
        _ => fuzzer_mutate(data, size, max_size),
    }
});
