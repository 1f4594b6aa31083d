//! Adds the functions that the polyfill calls to a guest's type of `wasi:filesystem/types`. A guest imports only those that it
//! calls itself.

use super::polyfill::Polyfill;
use super::renumber::{Renumber, Trouble};
use crate::guest::root;
use std::collections::{HashMap, HashSet};
use wasm_encoder::reencode::{component_utils as utils, ReencodeComponent};
use wasm_encoder::{ComponentTypeRef, ComponentValType, InstanceType, TypeBounds};
use wasmparser::component_types::{
    self, ComponentAnyTypeId, ComponentDefinedType, ComponentDefinedTypeId, ComponentEntityType, ComponentFuncTypeId,
};
use wasmparser::names::KebabString;
use wasmparser::types::TypesRef;
use wasmparser::InstanceTypeDeclaration;

/// Copies types of the polyfill's interface of files to the guest's.
struct Copier<'a> {
    types: TypesRef<'a>,
    /// The names of the polyfill's types.
    names: HashMap<ComponentAnyTypeId, &'a str>,
    out: InstanceType,
    /// The guest's types by their names.
    named: HashMap<String, u32>,
}

impl Copier<'_> {
    fn value(&mut self, ty: component_types::ComponentValType) -> Result<ComponentValType, Trouble> {
        let id = match ty {
            component_types::ComponentValType::Primitive(primitive) => {
                return Ok(ComponentValType::Primitive(primitive.into()));
            }
            component_types::ComponentValType::Type(id) => id,
        };
        let name = self.names.get(&root(self.types, ComponentAnyTypeId::Defined(id))).copied();
        if let Some(index) = name.and_then(|name| self.named.get(name)) {
            return Ok(ComponentValType::Type(*index));
        }
        let raw = self.define(id)?;
        let Some(name) = name else { return Ok(ComponentValType::Type(raw)) };
        self.out.export(name, ComponentTypeRef::Type(TypeBounds::Eq(raw)));
        let index = raw + 1;
        self.named.insert(name.to_owned(), index);
        Ok(ComponentValType::Type(index))
    }

    fn values(
        &mut self,
        types: impl Iterator<Item = component_types::ComponentValType>,
    ) -> Result<Vec<ComponentValType>, Trouble> {
        types.map(|ty| self.value(ty)).collect()
    }

    /// Defines a type without a name, and returns its index. The types of its parts come first.
    fn define(&mut self, id: ComponentDefinedTypeId) -> Result<u32, Trouble> {
        let types = self.types;
        let ty = &types[id];
        let parts = match ty {
            ComponentDefinedType::Record(record) => self.values(record.fields.values().copied())?,
            ComponentDefinedType::Tuple(tuple) => self.values(tuple.types.iter().copied())?,
            ComponentDefinedType::List { element, .. } => self.values([*element].into_iter())?,
            ComponentDefinedType::Option { ty, .. } => self.values([*ty].into_iter())?,
            ComponentDefinedType::Result { ok, err, .. } => self.values([*ok, *err].into_iter().flatten())?,
            _ => Vec::new(),
        };
        // These functions take no other handle.
        let descriptor = self.named.get("descriptor").copied();
        let index = self.out.type_count();
        let defined = self.out.ty().defined_type();
        match ty {
            ComponentDefinedType::Primitive(primitive) => defined.primitive((*primitive).into()),
            ComponentDefinedType::Enum(cases) => defined.enum_type(cases.iter().map(KebabString::as_str)),
            ComponentDefinedType::Flags(flags) => defined.flags(flags.iter().map(KebabString::as_str)),
            ComponentDefinedType::Record(record) => {
                defined.record(record.fields.keys().map(KebabString::as_str).zip(parts));
            }
            ComponentDefinedType::Tuple(_) => defined.tuple(parts),
            ComponentDefinedType::List { .. } => defined.list(parts[0]),
            ComponentDefinedType::Option { .. } => defined.option(parts[0]),
            ComponentDefinedType::Result { ok, .. } => {
                let mut parts = parts.into_iter();
                let ok = ok.and_then(|_| parts.next());
                defined.result(ok, parts.next());
            }
            ComponentDefinedType::Borrow(_) => {
                defined.borrow(descriptor.ok_or_else(|| Trouble::new("it has no descriptors"))?);
            }
            other => return Err(Trouble::new(format!("{other:?} cannot be added to its interface of files"))),
        }
        Ok(index)
    }

    fn function(&mut self, name: &str, id: ComponentFuncTypeId) -> Result<(), Trouble> {
        let types = self.types;
        let function = &types[id];
        let params = self.values(function.params.iter().map(|(_, ty)| *ty))?;
        let result = function.result.map(|ty| self.value(ty)).transpose()?;
        let index = self.out.type_count();
        let names = function.params.iter().map(|(name, _)| name.as_str());
        self.out.ty().function().params(names.zip(params)).result(result);
        self.out.export(name, ComponentTypeRef::Func(index));
        Ok(())
    }
}

/// The guest's type of its files, with all functions that the polyfill calls.
pub fn extend(
    renumber: &mut Renumber,
    declarations: Box<[InstanceTypeDeclaration<'_>]>,
    polyfill: &Polyfill<'_>,
) -> Result<InstanceType, Trouble> {
    let mut out = InstanceType::new();
    let (mut named, mut functions) = (HashMap::new(), HashSet::new());
    renumber.push_depth();
    for declaration in Vec::from(declarations) {
        let index = out.type_count();
        if let InstanceTypeDeclaration::Export { name, ty } = &declaration {
            match ty {
                wasmparser::ComponentTypeRef::Type(_) => drop(named.insert(name.name.to_owned(), index)),
                _ => drop(functions.insert(name.name.to_owned())),
            }
        }
        utils::parse_component_instance_type_declaration(renumber, &mut out, declaration)?;
    }
    renumber.pop_depth();
    let types = polyfill.types();
    let exports = &types[polyfill.files.ty].exports;
    let theirs = exports.iter().filter_map(|(name, item)| match item.ty {
        ComponentEntityType::Type { created: created @ ComponentAnyTypeId::Defined(_), .. } => {
            Some((root(types, created), name.as_str()))
        }
        _ => None,
    });
    let mut copier = Copier { types, names: theirs.collect(), out, named };
    for name in polyfill.needed().filter(|name| !functions.contains(*name)) {
        let id = polyfill.function(&polyfill.files, name).ok_or_else(|| Trouble::new(format!("{name} is unknown")))?;
        copier.function(name, id)?;
    }
    Ok(copier.out)
}
