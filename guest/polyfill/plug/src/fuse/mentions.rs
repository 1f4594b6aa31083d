//! Whether types have handles of some resources.

use std::collections::HashSet;
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedType, ComponentEntityType, ComponentFuncType, ComponentInstanceTypeId,
    ComponentValType, ResourceId,
};
use wasmparser::types::TypesRef;

/// Whether types mention one of some resources.
pub struct Mentions<'a> {
    types: TypesRef<'a>,
    resources: &'a HashSet<ResourceId>,
    only_owned: bool,
    seen: HashSet<ComponentAnyTypeId>,
}

impl<'a> Mentions<'a> {
    /// `only_owned` leaves out handles that are lent.
    pub fn new(types: TypesRef<'a>, resources: &'a HashSet<ResourceId>, only_owned: bool) -> Self {
        Self { types, resources, only_owned, seen: HashSet::new() }
    }

    fn value(&mut self, ty: ComponentValType) -> bool {
        let ComponentValType::Type(id) = ty else { return false };
        if !self.seen.insert(ComponentAnyTypeId::Defined(id)) {
            return false;
        }
        let types = self.types;
        match &types[id] {
            ComponentDefinedType::Own(id) => self.resources.contains(&id.resource()),
            ComponentDefinedType::Borrow(id) => !self.only_owned && self.resources.contains(&id.resource()),
            ComponentDefinedType::Record(record) => record.fields.values().any(|ty| self.value(*ty)),
            ComponentDefinedType::Variant(variant) => {
                variant.cases.values().filter_map(|case| case.ty).any(|ty| self.value(ty))
            }
            ComponentDefinedType::List { element, .. } | ComponentDefinedType::FixedLengthList { element, .. } => {
                self.value(*element)
            }
            ComponentDefinedType::Map { key, value, .. } => self.value(*key) || self.value(*value),
            ComponentDefinedType::Tuple(tuple) => tuple.types.iter().any(|ty| self.value(*ty)),
            ComponentDefinedType::Option { ty, .. } => self.value(*ty),
            ComponentDefinedType::Result { ok, err, .. } => [ok, err].into_iter().flatten().any(|ty| self.value(*ty)),
            ComponentDefinedType::Future { ty, .. } | ComponentDefinedType::Stream { ty, .. } => {
                ty.is_some_and(|ty| self.value(ty))
            }
            ComponentDefinedType::Primitive(_) | ComponentDefinedType::Flags(_) | ComponentDefinedType::Enum(_) => {
                false
            }
        }
    }

    pub fn function(&mut self, function: &ComponentFuncType) -> bool {
        function.params.iter().map(|(_, ty)| *ty).chain(function.result).any(|ty| self.value(ty))
    }

    pub fn params(&mut self, function: &ComponentFuncType) -> bool {
        function.params.iter().any(|(_, ty)| self.value(*ty))
    }

    pub fn ty(&mut self, ty: ComponentAnyTypeId) -> bool {
        let types = self.types;
        match ty {
            ComponentAnyTypeId::Resource(id) => self.resources.contains(&id.resource()),
            ComponentAnyTypeId::Defined(id) => self.value(ComponentValType::Type(id)),
            ComponentAnyTypeId::Func(id) => self.function(&types[id]),
            ComponentAnyTypeId::Instance(id) => self.instance(id),
            // Its imports come from the arguments of its instance, which are looked at too.
            ComponentAnyTypeId::Component(_) => false,
        }
    }

    pub fn instance(&mut self, id: ComponentInstanceTypeId) -> bool {
        if !self.seen.insert(ComponentAnyTypeId::Instance(id)) {
            return false;
        }
        let types = self.types;
        types[id].exports.values().any(|item| match item.ty {
            ComponentEntityType::Func(id) => self.function(&types[id]),
            ComponentEntityType::Type { created, .. } => self.ty(created),
            ComponentEntityType::Instance(id) => self.instance(id),
            _ => false,
        })
    }
}
