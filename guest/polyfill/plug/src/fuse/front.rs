//! The functions that the guest calls. They check what the canonical ABI checks, pass the call to the polyfill, and store its
//! result in the guest's memory.

use super::canonical::{Answer, Kind, Signature};
use super::module::{at, Builder, Types, I32, I64};
use super::reach::{require_range, Length};
use std::collections::HashMap;
use wasm_encoder::{BlockType, InstructionSink};
use wasmparser::component_types::ResourceId;

/// A function that stands in the guest for one of the polyfill's.
pub struct Entry {
    /// Its name in the modules that `fuse` makes.
    pub name: String,
    /// The name of the polyfill's export.
    pub export: String,
    pub signature: Signature,
    /// The number of the guest's `realloc` for its list.
    pub realloc: Option<usize>,
}

impl Entry {
    /// A function of a handle or representation, without a result.
    pub fn of_handle(name: &str) -> Self {
        let signature = Signature { params: vec![Kind::Word], answer: Answer::Nothing, returns_list: false };
        Self { name: name.to_owned(), export: name.to_owned(), signature, realloc: None }
    }
}

/// Emits the checks of one parameter, which begins at local `index`. `rep` tells the function that takes a handle of a resource
/// of the polyfill to its representation. Returns the index of the next one.
fn check(code: &mut InstructionSink<'_>, kind: &Kind, index: u32, rep: &dyn Fn(ResourceId) -> Option<u32>) -> u32 {
    let require_below = |code: &mut InstructionSink<'_>, count: usize| {
        let count = i32::try_from(count).expect("a byte tells the case");
        code.local_get(index).i32_const(count).i32_ge_u().if_(BlockType::Empty).unreachable().end();
    };
    match kind {
        Kind::Long | Kind::Word => {}
        Kind::Bool => {
            code.local_get(index).i32_const(0).i32_ne().local_set(index);
        }
        Kind::Enum(cases) => require_below(code, *cases),
        Kind::Flags(flags) => {
            // Other bits count for nothing.
            code.local_get(index).i32_const((1 << flags) - 1).i32_and().local_set(index);
        }
        Kind::List => require_range(code, index, Length::Local(index + 1)),
        // The host checks the handle of a descriptor, in the first call.
        Kind::Handle(resource) => {
            if let Some(rep) = rep(*resource) {
                code.local_get(index).call(rep).local_set(index);
            }
        }
        Kind::Option(inner) => {
            require_below(code, 2);
            code.local_get(index).if_(BlockType::Empty);
            check(code, inner, index + 1, rep);
            code.end();
        }
        Kind::Record(fields) => {
            return fields.iter().fold(index, |index, field| check(code, field, index, rep));
        }
        Kind::Result(..) => unreachable!("no function of the polyfill takes a result"),
    }
    index + u32::try_from(kind.flat().len()).expect("a function has few parameters")
}

/// Copies a result of the polyfill, whose address is in one local, to the address in another.
fn store_result(code: &mut InstructionSink<'_>, size: u32, from: u32, to: u32, load8: u32) {
    let mut done = 0;
    while done < size {
        code.local_get(to).local_get(from).i32_const(i32::try_from(done).expect("it is small")).i32_add().call(load8);
        let target = at(u64::from(done));
        done += match size - done {
            8.. => {
                code.i64_store(target);
                8
            }
            4.. => {
                code.i64_store32(target);
                4
            }
            2.. => {
                code.i64_store16(target);
                2
            }
            _ => {
                code.i64_store8(target);
                1
            }
        };
    }
}

/// `resources` are those whose handles are taken, with the names of the functions that return their representation.
pub fn front(entries: &[Entry], resources: &[(ResourceId, String)]) -> Vec<u8> {
    let mut builder = Builder::default();
    builder.import_memory("guest");
    let load8 = builder.import("base", "load8", (vec![I32], vec![I64]));
    let select = builder.import("reach", "select", (vec![I32], vec![]));
    let reps: Vec<(ResourceId, u32)> = resources
        .iter()
        .map(|(resource, name)| (*resource, builder.import("resource", name, (vec![I32], vec![I32]))))
        .collect();
    let rep = |wanted| reps.iter().find(|(resource, _)| *resource == wanted).map(|(_, function)| *function);
    // Entries with different reallocs have the same target.
    let mut imported: HashMap<&str, u32> = HashMap::new();
    let mut target = |entry: &'_ Entry| builder.import("polyfill", &entry.export, entry.signature.exported());
    let mut targets = Vec::new();
    for entry in entries {
        targets.push(*imported.entry(&entry.export).or_insert_with(|| target(entry)));
    }
    let busy = builder.global();
    for (entry, target) in entries.iter().zip(targets) {
        add(&mut builder, entry, target, [load8, select, busy], &rep);
    }
    builder.finish()
}

fn add(
    builder: &mut Builder,
    entry: &Entry,
    target: u32,
    [load8, select, busy]: [u32; 3],
    rep: &dyn Fn(ResourceId) -> Option<u32>,
) {
    let Entry { name, signature, realloc, .. } = entry;
    let flat = u32::try_from(signature.flat_params().len()).expect("a function has few parameters");
    let (place, from) = (flat, flat + 1);
    let stored = match signature.answer {
        Answer::Stored(size, align) => Some((size, align)),
        Answer::Nothing | Answer::Value(_) => None,
    };
    let locals: &[_] = if stored.is_some() { &[I32] } else { &[] };
    builder.function(name, signature.lowered(), locals, |code| {
        // The guest's `realloc` may not call back, as in the canonical ABI.
        code.global_get(busy).if_(BlockType::Empty).unreachable().end();
        code.i32_const(1).global_set(busy);
        signature.params.iter().fold(0, |index, kind| check(code, kind, index, rep));
        if let Some((size, align)) = stored {
            if align > 1 {
                let mask = i32::try_from(align - 1).expect("it is small");
                code.local_get(place).i32_const(mask).i32_and().if_(BlockType::Empty).unreachable().end();
            }
            require_range(code, place, Length::Bytes(size));
        }
        if let Some(realloc) = realloc {
            code.i32_const(i32::try_from(*realloc).expect("as many as a component has")).call(select);
        }
        for index in 0..flat {
            code.local_get(index);
        }
        code.call(target);
        if let Some((size, _)) = stored {
            code.local_set(from);
            store_result(code, size, from, place, load8);
        }
        code.i32_const(0).global_set(busy);
    });
}

/// Functions with the names and types of the entries that call through a table. They are there before the guest's memory is, and
/// so before what they call.
pub fn shim(entries: &[Entry]) -> Vec<u8> {
    let mut builder = Builder::default();
    builder.table(entries.len());
    for (index, Entry { name, signature, .. }) in entries.iter().enumerate() {
        let types: Types = signature.lowered();
        let ty = builder.ty(types.clone());
        let params = u32::try_from(types.0.len()).expect("a function has few parameters");
        builder.function(name, types, &[], |code| {
            for param in 0..params {
                code.local_get(param);
            }
            code.i32_const(i32::try_from(index).expect("there are few")).call_indirect(0, ty);
        });
    }
    builder.finish()
}

/// Fills the table of the shim.
pub fn fixup(entries: &[Entry]) -> Vec<u8> {
    let mut builder = Builder::default();
    builder.import_table("shim", entries.len());
    let functions = entries
        .iter()
        .map(|Entry { name, signature, .. }| builder.import("front", name, signature.lowered()))
        .collect();
    builder.fill_table(functions);
    builder.finish()
}
