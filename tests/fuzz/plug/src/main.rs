//! The work of the commands on a component before they run it, with malformed components: it returns, and its results are as
//! documented. Inputs are components.
#![no_main]

#[allow(dead_code)]
#[path = "../../../../guest/polyfill/plug/src/compose.rs"]
mod compose;
#[path = "../../../../guest/polyfill/plug/src/fuse/mod.rs"]
mod fuse;
#[path = "../../../../guest/polyfill/plug/src/guest.rs"]
mod guest;
#[path = "../../../../guest/polyfill/plug/src/hosts.rs"]
mod hosts;
#[path = "../../../../guest/polyfill/plug/src/inspect.rs"]
mod inspect;
#[path = "../../../../guest/polyfill/plug/src/limits.rs"]
mod limits;
mod mutate;
#[allow(dead_code)]
#[path = "../../../../guest/polyfill/plug/src/names.rs"]
mod names;
#[path = "../../../../guest/polyfill/plug/src/plug.rs"]
mod plug;
#[path = "../../../../guest/polyfill/plug/src/rename.rs"]
mod rename;
#[path = "../../../../guest/polyfill/plug/src/seal.rs"]
mod seal;
#[path = "../../../../guest/polyfill/plug/src/sections.rs"]
mod sections;

use arbitrary::Unstructured;
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use plug::{Plugged, Refusal};
use std::panic::{catch_unwind, set_hook, take_hook};
use std::sync::LazyLock;
use wasm_smith::{Component, Config};
use wasmparser::{FromReader, Parser, Payload, SectionLimited, Validator, WasmFeatures};
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
    ComponentEncoder::default().module(&module).and_then(ComponentEncoder::encode).expect("a component")
}

static GUEST: LazyLock<Vec<u8>> = LazyLock::new(|| of_world(&["wit"], "guest-spans"));

/// A part of the polyfill, built by `make polyfill`, without its code.
fn built(name: &str) -> Vec<u8> {
    let path = format!("{}/../../../dist/polyfill/{name}", env!("CARGO_MANIFEST_DIR"));
    mutate::hollow(&std::fs::read(path).expect("make polyfill")).expect("WebAssembly")
}

/// The form of the polyfill to compose, and the one to fuse.
static POLYFILL: LazyLock<Vec<u8>> = LazyLock::new(|| built("polyfill.wasm"));
static MODULE: LazyLock<Vec<u8>> = LazyLock::new(|| built("fused.wasm"));
/// The components with the imports that the host for Node provides, in WASI 0.2 and with 0.3, and the export of each.
static PROVIDED: LazyLock<[(Vec<u8>, &[&str]); 2]> = LazyLock::new(|| {
    [
        (built("provided.wasm"), &["wasi:cli/run@0.2.12"]),
        (built("provided-0-3.wasm"), &["wasi:cli/run@0.2.12", "wasi:cli/run@0.3.0"]),
    ]
});

/// The features of the oldest engine: SIMD, but no module with two memories.
const OLDEST: WasmFeatures = WasmFeatures::WASM2.union(WasmFeatures::COMPONENT_MODEL);

fn is_valid(component: &[u8], features: WasmFeatures) -> bool {
    Validator::new_with_features(features).validate_all(component).is_ok()
}

/// Ends the process at a panic, as the fuzzer does, unless it is one of wac, which panics on some components.
fn tolerate_wac() {
    let abort = take_hook();
    set_hook(Box::new(move |panic| {
        if !panic.location().is_some_and(|place| place.file().contains("/wac-")) {
            abort(panic);
        }
    }));
}

/// Where fused, the result is that of the guest, without the polyfill's imports.
fn check_plug(guest: &[u8]) {
    let plug = |module| catch_unwind(|| plug::plug(guest, &POLYFILL, module));
    let Ok(answer) = plug(Some(MODULE.as_slice())) else { return };
    let Plugged { component, explanation, .. } = match answer {
        Ok(plugged) => plugged,
        Err(refusal @ (Refusal::NothingToPlug | Refusal::Misfit(_))) => {
            let reason = refusal.to_string();
            assert!(!reason.is_empty() && !reason.contains('\n'), "{reason}");
            return;
        }
    };
    assert!(!explanation.contains('\n'), "{explanation}");
    let again = plug(Some(MODULE.as_slice())).ok().and_then(Result::ok).expect("the same answer");
    assert!(again.component == component && again.explanation == explanation, "the same again");
    let own = Names::of(guest);
    let Names { imports, exports, .. } = Names::of(&component);
    let is_mapping = |name: &String| name.starts_with("wasi-mmap:");
    assert!(!imports.iter().any(is_mapping), "it imports {imports:?}");
    assert_eq!(exports, own.exports, "it exports what the guest does");
    for features in [OLDEST, WasmFeatures::all()] {
        assert!(is_valid(&component, features) || !is_valid(guest, features), "a result that is not valid");
    }
    if !explanation.starts_with("fused") {
        // It is not the fault of the module that is fused.
        assert!(explanation.starts_with("composed, because "), "{explanation}");
        assert!(!explanation.contains("not valid") && !explanation.contains("polyfill imports"), "{explanation}");
        return;
    }
    let others: Vec<_> = own.imports.into_iter().filter(|name| !is_mapping(name)).collect();
    assert_eq!(imports, others, "it imports what the guest does");
    let composed = match plug(None) {
        Ok(Ok(composed)) => composed,
        // Fused, types of other interfaces need not be those of the polyfill.
        Ok(Err(Refusal::Misfit(reason))) => {
            return assert!(reason.starts_with("does not fit the polyfill: "), "{reason}")
        }
        Ok(Err(Refusal::NothingToPlug)) | Err(_) => panic!("it was plugged before"),
    };
    let Names { imports, exports, .. } = Names::of(&composed.component);
    assert!(!imports.iter().any(is_mapping), "composed, it imports {imports:?}");
    assert_eq!(exports, own.exports, "composed, it exports what the guest does");
}

#[derive(Default)]
struct Names {
    /// The imports and exports of the component itself.
    imports: Vec<String>,
    exports: Vec<String>,
    /// The imports and exports of all that it contains.
    all: Vec<String>,
}

impl Names {
    fn of(component: &[u8]) -> Self {
        let mut names = Self::default();
        let mut depth = 0;
        for payload in Parser::new(0).parse_all(component) {
            match payload.expect("what was made can be read") {
                Payload::Version { .. } => depth += 1,
                Payload::End(_) => depth -= 1,
                Payload::ComponentImportSection(section) => names.add(depth, true, section, |import| import.name.name),
                Payload::ComponentExportSection(section) => names.add(depth, false, section, |export| export.name.name),
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import.expect("an import");
                        names.all.extend([import.module.to_owned(), import.name.to_owned()]);
                    }
                }
                Payload::ExportSection(section) => names.add(0, false, section, |export| export.name),
                Payload::CustomSection(section) => names.all.push(section.name().to_owned()),
                _ => {}
            }
        }
        names
    }

    fn add<'a, T: FromReader<'a>>(
        &mut self,
        depth: usize,
        import: bool,
        section: SectionLimited<'a, T>,
        name: impl Fn(T) -> &'a str,
    ) {
        for item in section {
            let name = name(item.expect("an import or an export")).to_owned();
            if depth == 1 {
                if import { &mut self.imports } else { &mut self.exports }.push(name.clone());
            }
            self.all.push(name);
        }
    }
}

/// Whether a name is harmless in any quotes of JavaScript.
fn is_plain(name: &str) -> bool {
    name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.:/@[]$".contains(letter)) && !name.contains("${")
}

fuzz_target!(init: tolerate_wac(), |guest: &[u8]| {
    check_plug(guest);
    if let Err(reason) = limits::measure(guest) {
        assert!(!reason.contains('\n'), "{reason}");
    }
    for (provided, runs) in &*PROVIDED {
        check_seal(guest, provided, runs);
    }
    // It does all of the above again, so not for each.
    if guest.len().is_multiple_of(8) {
        check_inspect(guest);
    }
});

/// What is said can be shown on a terminal, and read by a program.
fn check_inspect(guest: &[u8]) {
    let [(provided, _), (provided_0_3, _)] = &*PROVIDED;
    let shipped = inspect::Shipped { polyfill: &POLYFILL, fused: &MODULE, provided, provided_0_3 };
    match catch_unwind(|| inspect::inspect(guest, &shipped)) {
        Ok(Ok(report)) => {
            let text = report.text();
            assert!(text.chars().all(|letter| letter == '\n' || !letter.is_control()), "{text:?}");
            let data: serde_json::Value = serde_json::from_str(&report.json()).expect("JSON");
            assert_eq!(data["bytes"], guest.len());
            assert!(data["hosts"].as_array().is_some_and(|hosts| hosts.len() == 5), "{data}");
        }
        Ok(Err(reason)) => assert!(!reason.is_empty() && !reason.contains('\n'), "{reason}"),
        Err(_) => {} // A panic of wac.
    }
}

fn check_seal(guest: &[u8], provided: &[u8], runs: &[&str]) {
    let features = WasmFeatures::default() | WasmFeatures::CM_ASYNC;
    match seal::seal(guest, provided) {
        Ok(sealed) => {
            let Names { imports, exports, all } = Names::of(&sealed);
            let provided = Names::of(provided).imports;
            assert!(imports.iter().all(|name| provided.contains(name)), "it imports {imports:?}");
            assert!(exports.len() == 1 && runs.contains(&exports[0].as_str()), "it exports {exports:?}");
            assert!(all.iter().all(|name| is_plain(name)), "it holds {all:?}");
            assert!(is_valid(&sealed, features) || !is_valid(guest, features));
        }
        Err(seal::Refusal::Misfit(reason) | seal::Refusal::Broken(reason)) => {
            assert!(!reason.is_empty() && !reason.contains('\n'), "{reason}");
        }
    }
}

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
        _ => mutate::change(&data[..size], &mut random, &mutate),
    };
    match changed {
        Some(changed) if changed.len() <= max_size => {
            data[..changed.len()].copy_from_slice(&changed);
            changed.len()
        }
        _ => fuzzer_mutate(data, size, max_size),
    }
});
