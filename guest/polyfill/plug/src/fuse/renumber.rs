//! The indices of a component's items: rewriting adds items and takes some away.

use crate::compose::because;
use std::collections::HashMap;
use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode, ReencodeComponent};
use wasmparser::{ComponentExternalKind, ExternalKind};

/// Why a guest cannot be rewritten. The text completes "composed, because".
pub struct Trouble(String);

impl Trouble {
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    pub fn into_reason(self) -> String {
        self.0
    }
}

impl From<Error<Infallible>> for Trouble {
    fn from(error: Error<Infallible>) -> Self {
        Self(error.to_string())
    }
}

impl From<wasmparser::Error> for Trouble {
    fn from(error: wasmparser::Error) -> Self {
        Self(because(&error))
    }
}

/// The index spaces of a component.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Space {
    Type,
    Instance,
    Function,
    Component,
    Module,
    CoreInstance,
    CoreFunction,
    CoreMemory,
    CoreTable,
    CoreGlobal,
    CoreTag,
    CoreType,
    Value,
}

/// The new indices of the guest's items.
#[derive(Default)]
pub struct Renumber {
    /// How many types and components enclose what is being rewritten. Only indices of the outermost component change.
    depth: u32,
    /// The new index of each old one; none where the polyfill takes the item's place.
    new: HashMap<Space, Vec<Option<u32>>>,
    next: HashMap<Space, u32>,
    /// An item that is gone, but used.
    pub missing: bool,
}

impl Renumber {
    /// The index of a new item.
    pub fn add(&mut self, space: Space) -> u32 {
        let next = self.next.entry(space).or_default();
        *next += 1;
        *next - 1
    }

    /// An item of the guest is this one now.
    pub fn is_now(&mut self, space: Space, new: Option<u32>) {
        self.new.entry(space).or_default().push(new);
    }

    /// An item of the guest stays.
    pub fn keep(&mut self, space: Space) {
        let new = self.add(space);
        self.is_now(space, Some(new));
    }

    pub fn count(&self, space: Space) -> u32 {
        u32::try_from(self.new.get(&space).map_or(0, Vec::len)).expect("a component has fewer items")
    }

    /// Whether the guest's item with this index was met.
    pub fn has(&self, space: Space, old: u32) -> bool {
        old < self.count(space)
    }

    pub fn of(&mut self, space: Space, old: u32) -> u32 {
        let new = self.new.get(&space).and_then(|indices| indices.get(old as usize).copied().flatten());
        self.missing |= new.is_none();
        new.unwrap_or(0)
    }

    fn at_depth(&mut self, space: Space, old: u32, depth: u32) -> u32 {
        if depth == self.depth {
            self.of(space, old)
        } else {
            old
        }
    }
}

impl Reencode for Renumber {
    type Error = Infallible;

    fn function_index(&mut self, index: u32) -> Result<u32, Error<Infallible>> {
        Ok(self.at_depth(Space::CoreFunction, index, 0))
    }

    fn memory_index(&mut self, index: u32) -> Result<u32, Error<Infallible>> {
        Ok(self.at_depth(Space::CoreMemory, index, 0))
    }

    fn table_index(&mut self, index: u32) -> Result<u32, Error<Infallible>> {
        Ok(self.at_depth(Space::CoreTable, index, 0))
    }

    fn global_index(&mut self, index: u32) -> Result<u32, Error<Infallible>> {
        Ok(self.at_depth(Space::CoreGlobal, index, 0))
    }

    fn tag_index(&mut self, index: u32) -> Result<u32, Error<Infallible>> {
        Ok(self.at_depth(Space::CoreTag, index, 0))
    }

    fn type_index(&mut self, index: u32) -> Result<u32, Error<Infallible>> {
        Ok(self.at_depth(Space::CoreType, index, 0))
    }
}

impl ReencodeComponent for Renumber {
    fn component_type_index(&mut self, index: u32) -> u32 {
        self.at_depth(Space::Type, index, 0)
    }

    fn component_instance_index(&mut self, index: u32) -> u32 {
        self.at_depth(Space::Instance, index, 0)
    }

    fn component_func_index(&mut self, index: u32) -> u32 {
        self.at_depth(Space::Function, index, 0)
    }

    fn component_index(&mut self, index: u32) -> u32 {
        self.at_depth(Space::Component, index, 0)
    }

    fn module_index(&mut self, index: u32) -> u32 {
        self.at_depth(Space::Module, index, 0)
    }

    fn instance_index(&mut self, index: u32) -> u32 {
        self.at_depth(Space::CoreInstance, index, 0)
    }

    fn component_value_index(&mut self, index: u32) -> u32 {
        self.at_depth(Space::Value, index, 0)
    }

    fn outer_type_index(&mut self, count: u32, index: u32) -> Result<u32, Error<Infallible>> {
        Ok(self.at_depth(Space::CoreType, index, count))
    }

    fn outer_component_type_index(&mut self, count: u32, index: u32) -> u32 {
        self.at_depth(Space::Type, index, count)
    }

    fn outer_component_index(&mut self, count: u32, index: u32) -> u32 {
        self.at_depth(Space::Component, index, count)
    }

    fn outer_module_index(&mut self, count: u32, index: u32) -> u32 {
        self.at_depth(Space::Module, index, count)
    }

    fn push_depth(&mut self) {
        self.depth += 1;
    }

    fn pop_depth(&mut self) {
        self.depth -= 1;
    }
}

pub fn space_of(kind: ComponentExternalKind) -> Space {
    match kind {
        ComponentExternalKind::Module => Space::Module,
        ComponentExternalKind::Func => Space::Function,
        ComponentExternalKind::Value => Space::Value,
        ComponentExternalKind::Type => Space::Type,
        ComponentExternalKind::Instance => Space::Instance,
        ComponentExternalKind::Component => Space::Component,
    }
}

pub fn core_space_of(kind: ExternalKind) -> Space {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => Space::CoreFunction,
        ExternalKind::Table => Space::CoreTable,
        ExternalKind::Memory => Space::CoreMemory,
        ExternalKind::Global => Space::CoreGlobal,
        ExternalKind::Tag => Space::CoreTag,
    }
}
