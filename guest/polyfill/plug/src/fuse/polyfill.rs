//! The polyfill: its interfaces, which the component tells, and the core module that goes into guests.

use super::canonical::Signature;
use crate::compose::because;
use crate::guest::{outside, unversioned, validate};
use crate::plug::PACKAGE;
use std::collections::HashMap;
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentEntityType, ComponentFuncTypeId, ComponentInstanceTypeId, ResourceId,
};
use wasmparser::types::{Types, TypesRef};
use wasmparser::{Error as BinaryReaderError, Parser, Payload, TypeRef, WasmFeatures};

pub const FILES: &str = "wasi:filesystem/types";
/// The name of the polyfill's function that stands for the drop of a descriptor.
pub const DROP_DESCRIPTOR: &str = "drop-descriptor";

/// An imported or exported interface.
pub struct Interface {
    /// With the version.
    pub name: String,
    pub ty: ComponentInstanceTypeId,
}

pub struct Polyfill<'a> {
    types: Types,
    /// The interfaces that it provides, without those that it passes through.
    pub provided: Vec<Interface>,
    /// The interface of files that it uses.
    pub files: Interface,
    /// The provided resources, with the name of the interface.
    resources: HashMap<ResourceId, (String, String)>,
    pub module: &'a [u8],
    /// The imports of the module.
    pub imports: Vec<(&'a str, &'a str)>,
    /// The pages of memory that the module needs at first.
    pub pages: u64,
}

/// The name of the module's export that ends a resource.
pub fn destructor(interface: &str, resource: &str) -> String {
    format!("{interface}#[dtor]{resource}")
}

/// What a core module imports and exports.
struct Module<'a> {
    imports: Vec<(&'a str, &'a str)>,
    exports: Vec<&'a str>,
    pages: u64,
}

impl<'a> Module<'a> {
    fn read(module: &'a [u8]) -> Result<Self, BinaryReaderError> {
        let (mut imports, mut exports, mut pages) = (Vec::new(), Vec::new(), 0);
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        match import.ty {
                            TypeRef::Memory(memory) => pages = memory.initial,
                            _ => imports.push((import.module, import.name)),
                        }
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        exports.push(export?.name);
                    }
                }
                _ => {}
            }
        }
        Ok(Self { imports, exports, pages })
    }
}

impl<'a> Polyfill<'a> {
    /// `component` is the form to compose, and `module` the form to fuse.
    pub fn read(component: &[u8], module: &'a [u8]) -> Result<Self, String> {
        let types = validate(component, WasmFeatures::all())?;
        let (imports, exports) = outside(component)?;
        let interface = |name: &str, ty: Option<ComponentEntityType>| match ty {
            Some(ComponentEntityType::Instance(ty)) => Ok(Interface { name: name.to_owned(), ty }),
            _ => Err(format!("{name} is no interface")),
        };
        let item = |name: &str| types.as_ref().component_item_for_export(name).map(|item| item.ty);
        let provided: Vec<Interface> = exports
            .iter()
            .filter(|name| name.starts_with(PACKAGE))
            .map(|name| interface(name, item(name)))
            .collect::<Result<_, _>>()?;
        let files = imports.iter().find(|name| unversioned(name) == FILES).ok_or("no import of files")?;
        let files = interface(files, types.as_ref().component_item_for_import(files).map(|item| item.ty))?;
        let Module { imports, exports, pages } = Module::read(module).map_err(|error| because(&error))?;
        let mut resources = HashMap::new();
        for interface in &provided {
            for (name, item) in &types[interface.ty].exports {
                let ComponentEntityType::Type { created: ComponentAnyTypeId::Resource(id), .. } = item.ty else {
                    continue;
                };
                // An interface may use the resource of another one, but it has no destructor of it.
                if exports.contains(&destructor(&interface.name, name).as_str()) {
                    resources.insert(id.resource(), (interface.name.clone(), name.clone()));
                }
            }
        }
        Ok(Self { types, provided, files, resources, module, imports, pages })
    }

    pub fn types(&self) -> TypesRef<'_> {
        self.types.as_ref()
    }

    /// The provided resources with their interfaces and names, in the order of these.
    pub fn resources(&self) -> Vec<(ResourceId, &(String, String))> {
        let mut all: Vec<_> = self.resources.iter().map(|(id, names)| (*id, names)).collect();
        all.sort_by_key(|(_, names)| *names);
        all
    }

    pub fn function(&self, interface: &Interface, name: &str) -> Option<ComponentFuncTypeId> {
        match self.types[interface.ty].exports.get(name)?.ty {
            ComponentEntityType::Func(id) => Some(id),
            _ => None,
        }
    }

    /// The signature of a function of a provided interface.
    pub fn signature(&self, interface: &str, name: &str) -> Result<Signature, String> {
        let missing = || format!("has no function {interface}#{name}");
        let interface = self.provided.iter().find(|provided| provided.name == interface).ok_or_else(missing)?;
        let id = self.function(interface, name).ok_or_else(missing)?;
        Signature::of(self.types.as_ref(), &self.types[id])
    }

    /// The functions of descriptors that the module imports.
    pub fn needed(&self) -> impl Iterator<Item = &'a str> + '_ {
        let files = self.files.name.as_str();
        let functions =
            self.imports.iter().filter(move |(module, name)| *module == files && name.starts_with("[method]"));
        functions.map(|(_, name)| *name)
    }
}
