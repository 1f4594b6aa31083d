//! Reads of every component: its validity, its imports and exports, and the types behind aliases.

use crate::compose::because;
use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType};
use wasmparser::types::{Types, TypesRef};
use wasmparser::{Parser, Payload, ValidPayload, Validator, WasmFeatures};

/// Validates everything but the bodies of functions, which the engine checks.
pub fn validate(component: &[u8], features: WasmFeatures) -> Result<Types, String> {
    let mut validator = Validator::new_with_features(features);
    let mut last = None;
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload.map_err(|error| because(&error))?;
        // The last end is that of the whole component.
        if let ValidPayload::End(types) = validator.payload(&payload).map_err(|error| because(&error))? {
            last = Some(types);
        }
    }
    last.ok_or_else(|| "it ends too early".to_owned())
}

/// The names of the imports and exports of a component.
pub fn outside(component: &[u8]) -> Result<(Vec<&str>, Vec<&str>), String> {
    let (mut imports, mut exports, mut depth) = (Vec::new(), Vec::new(), 0);
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(|error| because(&error))? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    imports.push(import.map_err(|error| because(&error))?.name.name);
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    exports.push(export.map_err(|error| because(&error))?.name.name);
                }
            }
            _ => {}
        }
    }
    Ok((imports, exports))
}

/// The exports of an instance, with their types; none for other items.
pub fn exports_of<'a>(
    types: TypesRef<'a>,
    ty: &ComponentEntityType,
) -> impl Iterator<Item = (&'a str, ComponentEntityType)> {
    let exports = match ty {
        ComponentEntityType::Instance(id) => types.get(*id).map(|instance| instance.exports.iter()),
        _ => None,
    };
    exports.into_iter().flatten().map(|(name, item)| (name.as_str(), item.ty))
}

/// A generation of WASI.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Generation {
    /// WASI 0.2.
    Second,
    /// WASI 0.3, in which functions can be async. Components may use 0.2 beside it.
    Third,
}

impl Generation {
    /// The generation of an interface of WASI, by its version.
    pub fn of(version: &str) -> Option<Self> {
        match version.get(..4) {
            Some("0.2.") => Some(Self::Second),
            Some("0.3.") => Some(Self::Third),
            _ => None,
        }
    }

    pub fn is_third(self) -> bool {
        self == Self::Third
    }
}

/// Whether the name of an interface has the version of WASI 0.3.
pub fn is_of_0_3(name: &str) -> bool {
    name.contains("@0.3.")
}

/// Whether a component with this import or export takes WASI 0.3.
pub fn is_wasi_0_3(name: &str) -> bool {
    name.starts_with("wasi:") && is_of_0_3(name)
}

/// The name of an interface without its version.
pub fn unversioned(name: &str) -> &str {
    name.split_once('@').map_or(name, |(interface, _)| interface)
}

/// The most aliases of a type that are followed.
const LONGEST_CHAIN: usize = 1000;

/// The type behind all aliases.
pub fn root(types: TypesRef<'_>, ty: ComponentAnyTypeId) -> ComponentAnyTypeId {
    std::iter::successors(Some(ty), |ty| types.peel_alias(*ty)).take(LONGEST_CHAIN).last().unwrap_or(ty)
}
