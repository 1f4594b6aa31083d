//! The component that is being written, item by item.

use super::renumber::{Renumber, Space};
use wasm_encoder::{
    Alias, CanonicalFunctionSection, Component, ComponentAliasSection, ComponentSectionId, ComponentTypeSection,
    ExportKind, InstanceSection, ModuleArg, RawSection,
};

/// The component that is being written. Each item gets a section of its own.
#[derive(Default)]
pub struct Output {
    pub component: Component,
    pub renumber: Renumber,
}

impl Output {
    pub fn module(&mut self, bytes: &[u8]) -> u32 {
        self.component.section(&RawSection { id: ComponentSectionId::CoreModule.into(), data: bytes });
        self.renumber.add(Space::Module)
    }

    pub fn instantiate(&mut self, module: &[u8], args: &[(&str, u32)]) -> u32 {
        let module = self.module(module);
        let mut section = InstanceSection::new();
        section.instantiate(module, args.iter().map(|(name, instance)| (*name, ModuleArg::Instance(*instance))));
        self.component.section(&section);
        self.renumber.add(Space::CoreInstance)
    }

    /// An instance of items.
    pub fn items(&mut self, items: &[(&str, ExportKind, u32)]) -> u32 {
        let mut section = InstanceSection::new();
        section.export_items(items.iter().copied());
        self.component.section(&section);
        self.renumber.add(Space::CoreInstance)
    }

    pub fn functions(&mut self, functions: &[(&str, u32)]) -> u32 {
        let items: Vec<_> = functions.iter().map(|(name, index)| (*name, ExportKind::Func, *index)).collect();
        self.items(&items)
    }

    pub fn alias(&mut self, alias: Alias<'_>, space: Space) -> u32 {
        let mut section = ComponentAliasSection::new();
        section.alias(alias);
        self.component.section(&section);
        self.renumber.add(space)
    }

    pub fn core_function(&mut self, instance: u32, name: &str) -> u32 {
        self.alias(Alias::CoreInstanceExport { instance, kind: ExportKind::Func, name }, Space::CoreFunction)
    }

    pub fn canonical(
        &mut self,
        add: impl FnOnce(&mut CanonicalFunctionSection) -> &mut CanonicalFunctionSection,
    ) -> u32 {
        let mut section = CanonicalFunctionSection::new();
        add(&mut section);
        self.component.section(&section);
        self.renumber.add(Space::CoreFunction)
    }

    pub fn ty(&mut self, add: impl FnOnce(&mut ComponentTypeSection)) -> u32 {
        let mut section = ComponentTypeSection::new();
        add(&mut section);
        self.component.section(&section);
        self.renumber.add(Space::Type)
    }
}
