//! Encloses a guest in a component that imports what the host provides, exports `wasi:cli/run`, and has no name that the
//! guest's maker chose. So no such name gets into the JavaScript that is generated from it.

use crate::compose::because;
use crate::guest::{exports_of, is_of_0_3, outside, root, validate, Generation};
use crate::rename::rename;
use crate::sections::{put_name, put_section, put_u32, Section};
use std::collections::HashMap;
use wac_graph::types::are_semver_compatible;
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedType, ComponentEntityType, ComponentFuncType, ComponentValType,
};
use wasmparser::types::{Types, TypesRef};
use wasmparser::{Parser, Payload, WasmFeatures};

const RUN: &str = "wasi:cli/run";

/// The export of the sealed component.
fn export_of(generation: Generation) -> &'static str {
    match generation {
        Generation::Second => "wasi:cli/run@0.2.12",
        Generation::Third => "wasi:cli/run@0.3.0",
    }
}

/// Numbers of the binary format, see the specification of the component model.
mod id {
    pub const COMPONENT: u8 = 4;
    pub const INSTANCE: u8 = 5;
    pub const ALIAS: u8 = 6;
    pub const EXPORT: u8 = 11;
}
const SORT_FUNC: u8 = 1;
const SORT_TYPE: u8 = 3;
const SORT_INSTANCE: u8 = 5;

/// The features of a generation of WASI, and those of WebAssembly that engines agree on.
fn features(generation: Generation) -> WasmFeatures {
    let mut features = WasmFeatures::default();
    features.set(WasmFeatures::CM_ASYNC, generation.is_third());
    for later in [
        WasmFeatures::CM_ASYNC_STACKFUL,
        WasmFeatures::CM_MORE_ASYNC_BUILTINS,
        WasmFeatures::CM_THREADING,
        WasmFeatures::CM_ERROR_CONTEXT,
        WasmFeatures::CM_FIXED_LENGTH_LISTS,
        WasmFeatures::CM_VALUES,
        WasmFeatures::CM_NESTED_NAMES,
        WasmFeatures::CM_GC,
    ] {
        features.set(later, false);
    }
    features
}

/// The imports of the component that names what the host provides, and the sections that make them.
struct Provided<'a> {
    sections: &'a [u8],
    /// In the order of their indices.
    interfaces: Vec<&'a str>,
    /// The number of types that these sections make.
    type_count: u32,
    types: Types,
    /// The latest generation that is provided.
    generation: Generation,
}

impl<'a> Provided<'a> {
    fn read(component: &'a [u8]) -> Result<Self, String> {
        let (mut interfaces, mut type_count, mut end) = (Vec::new(), 0, 0);
        for payload in Parser::new(0).parse_all(component) {
            let payload = payload.map_err(|error| because(&error))?;
            if let Payload::ModuleSection { .. } = payload {
                break;
            }
            if let Some((_, range)) = payload.as_section() {
                end = usize::try_from(range.end).map_err(|_| "it is too large")?;
            }
            match payload {
                Payload::ComponentTypeSection(section) => type_count += section.count(),
                // All aliases there are types.
                Payload::ComponentAliasSection(section) => type_count += section.count(),
                Payload::ComponentImportSection(section) => {
                    for import in section {
                        interfaces.push(import.map_err(|error| because(&error))?.name.name);
                    }
                }
                _ => {}
            }
        }
        let has_third = interfaces.iter().any(|name| is_of_0_3(name));
        let generation = if has_third { Generation::Third } else { Generation::Second };
        let types = validate(component, features(generation))?;
        Ok(Self { sections: &component[..end], interfaces, type_count, types, generation })
    }

    /// The index of the interface with this name, in a compatible version.
    fn find(&self, name: &str) -> Option<usize> {
        self.interfaces.iter().position(|interface| *interface == name || are_semver_compatible(interface, name))
    }
}

const MOST_IMPORTS: usize = 1000;
/// The most missing imports that a message names.
const MOST_NAMED: usize = 20;

/// The provided item for an import of a guest.
enum Given<'a> {
    /// The interface of this index.
    Interface(usize),
    /// A type that the interface of this index exports.
    Type(usize, &'a str),
}

/// Returns the imports of a guest with the provided items, or a message with the missing ones.
fn connect<'a>(
    guest: TypesRef<'a>,
    imports: &[&'a str],
    provided: &Provided<'_>,
) -> Result<Vec<(&'a str, Given<'a>)>, String> {
    if imports.len() > MOST_IMPORTS {
        return Err(format!("imports more than {MOST_IMPORTS} interfaces"));
    }
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    // A type that a guest imports alone belongs to an interface that it imports too.
    let mut types: HashMap<ComponentAnyTypeId, (usize, &'a str)> = HashMap::new();
    for name in imports {
        let Some(item) = guest.component_item_for_import(name) else { continue };
        if let ComponentEntityType::Type { referenced, .. } = item.ty {
            if let Some((index, exported)) = types.get(&root(guest, referenced)).copied() {
                found.push((*name, Given::Type(index, exported)));
                continue;
            }
        }
        let index = provided.find(name);
        let Some((index, ComponentEntityType::Instance(_))) = index.map(|index| (index, item.ty)) else {
            missing.push((*name).to_owned());
            continue;
        };
        let theirs = provided.types.as_ref();
        let interface = theirs.component_item_for_import(provided.interfaces[index]).expect("it was read from there");
        let has: Vec<&str> = exports_of(theirs, &interface.ty).map(|(name, _)| name).collect();
        let lacks = exports_of(guest, &item.ty).map(|(name, _)| name).filter(|name| !has.contains(name));
        let before = missing.len();
        missing.extend(lacks.map(|function| format!("{name}#{function}")));
        if missing.len() > before {
            continue;
        }
        found.push((*name, Given::Interface(index)));
        for (exported, ty) in exports_of(guest, &item.ty) {
            if let ComponentEntityType::Type { created, .. } = ty {
                types.entry(root(guest, created)).or_insert((index, exported));
            }
        }
    }
    if missing.is_empty() {
        return Ok(found);
    }
    let more = if missing.len() > MOST_NAMED { ", ..." } else { "" };
    missing.truncate(MOST_NAMED);
    Err(format!("imports what is not provided: {}{more}", missing.join(", ")))
}

/// Whether the type is `func() -> result`, async in WASI 0.3.
fn is_run(types: TypesRef<'_>, ty: &ComponentEntityType, generation: Generation) -> bool {
    let ComponentEntityType::Func(id) = ty else { return false };
    let ComponentFuncType { async_, params, result: Some(ComponentValType::Type(result)), .. } = &types[*id] else {
        return false;
    };
    *async_ == generation.is_third()
        && params.is_empty()
        && matches!(types[*result], ComponentDefinedType::Result { ok: None, err: None, .. })
}

/// The guest's export `wasi:cli/run`: its name and its generation, the latest that the host knows.
fn find_run<'a>(guest: TypesRef<'a>, exports: &[&'a str], latest: Generation) -> Result<(&'a str, Generation), String> {
    let found = [Generation::Third, Generation::Second]
        .into_iter()
        .filter(|generation| latest.is_third() || !generation.is_third())
        .find_map(|generation| {
            let name = exports.iter().find(|name| match generation {
                Generation::Third => are_semver_compatible(name, export_of(generation)),
                Generation::Second => **name == RUN || are_semver_compatible(name, export_of(generation)),
            });
            name.map(|name| (*name, generation))
        });
    let (name, generation) = found.ok_or_else(|| format!("is not a command: it does not export {RUN}"))?;
    let item = guest.component_item_for_export(name);
    let fits = item.is_some_and(|item| {
        exports_of(guest, &item.ty).any(|(name, ty)| name == "run" && is_run(guest, &ty, generation))
    });
    fits.then_some((name, generation)).ok_or_else(|| format!("is not a command: its {RUN} is of another type"))
}

/// Builds the component that encloses the guest.
fn enclose(
    guest: &[u8],
    imports: &[(&str, Given<'_>)],
    (run, generation): (&str, Generation),
    provided: &Provided<'_>,
) -> Vec<u8> {
    let number = |count: usize| u32::try_from(count).expect("memory has addresses of 32 bits");
    let guest_instance = number(provided.interfaces.len());
    let mut whole = Vec::with_capacity(provided.sections.len() + guest.len() + 1024);
    whole.extend_from_slice(provided.sections);
    put_section(&mut whole, id::COMPONENT, guest);

    let mut types = Section::new(id::ALIAS);
    let mut type_count = provided.type_count;
    let mut instance = Section::new(id::INSTANCE);
    let content = instance.entry();
    content.extend_from_slice(&[0, 0]); // Instantiates component 0.
    put_u32(content, number(imports.len()));
    for (name, given) in imports {
        put_name(content, name);
        match given {
            Given::Interface(index) => {
                content.push(SORT_INSTANCE);
                put_u32(content, number(*index));
            }
            Given::Type(index, exported) => {
                content.push(SORT_TYPE);
                put_u32(content, type_count);
                type_count += 1;
                let alias = types.entry();
                alias.extend_from_slice(&[SORT_TYPE, 0]); // An export of an instance.
                put_u32(alias, number(*index));
                put_name(alias, exported);
            }
        }
    }
    types.append_to(&mut whole);
    instance.append_to(&mut whole);

    // The function `run` of the exported instance.
    let mut alias = Section::new(id::ALIAS);
    for (sort, instance, name) in [(SORT_INSTANCE, guest_instance, run), (SORT_FUNC, guest_instance + 1, "run")] {
        let content = alias.entry();
        content.extend_from_slice(&[sort, 0]); // An export of an instance.
        put_u32(content, instance);
        put_name(content, name);
    }
    alias.append_to(&mut whole);

    let mut instance = Section::new(id::INSTANCE);
    let content = instance.entry();
    content.extend_from_slice(&[1, 1, 0]); // An instance of one item.
    put_name(content, "run");
    content.extend_from_slice(&[SORT_FUNC, 0]); // There is no other function.
    instance.append_to(&mut whole);

    let mut export = Section::new(id::EXPORT);
    let content = export.entry();
    content.push(0);
    put_name(content, export_of(generation));
    content.push(SORT_INSTANCE);
    put_u32(content, guest_instance + 2);
    content.push(0); // No type is given.
    export.append_to(&mut whole);
    whole
}

/// The reason why a guest is not sealed. The message follows the name of the guest.
pub enum Refusal {
    /// The guest is malformed.
    Broken(String),
    /// The guest is no command, or one for another host.
    Misfit(String),
}

/// Returns a component that encloses the guest, with new names only.
///
/// `provided` is a component that imports everything that the host provides. If it imports WASI 0.3, the guest may too.
pub fn seal(guest: &[u8], provided: &[u8]) -> Result<Vec<u8>, Refusal> {
    let no_valid = |reason| Refusal::Broken(format!("is no valid component: {reason}"));
    let provided =
        Provided::read(provided).map_err(|reason| Refusal::Broken(format!("meets a broken host: {reason}")))?;
    let renamed = rename(guest).map_err(Refusal::Broken)?;
    let features = features(provided.generation);
    let types = validate(guest, features).map_err(no_valid)?;
    let (imports, exports) = outside(guest).map_err(no_valid)?;
    let imports = connect(types.as_ref(), &imports, &provided).map_err(Refusal::Misfit)?;
    let run = find_run(types.as_ref(), &exports, provided.generation).map_err(Refusal::Misfit)?;
    let whole = enclose(&renamed, &imports, run, &provided);
    drop(renamed);
    validate(&whole, features).map_err(|reason| Refusal::Misfit(format!("imports what is not provided: {reason}")))?;
    Ok(whole)
}

/// The same with what WASI 0.2 provides, or where that does not do, with WASI 0.3 beside it; and the generation that did. The
/// refusal is that of 0.3, which has the better reason.
pub fn seal_either(guest: &[u8], provided: &[u8], provided_0_3: &[u8]) -> Result<(Vec<u8>, Generation), Refusal> {
    match seal(guest, provided) {
        Ok(component) => Ok((component, Generation::Second)),
        Err(_) => seal(guest, provided_0_3).map(|component| (component, Generation::Third)),
    }
}
