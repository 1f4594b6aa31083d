//! Rewrites a guest: the polyfill takes the place of the imports that it provides. Everything of the guest stays in its order;
//! items get new indices.

use super::extend::extend;
use super::front::{fixup, front, shim, Entry};
use super::polyfill::{destructor, Polyfill, DROP_DESCRIPTOR};
use super::reach::{base, outward, reach};
use super::survey::{Call, Survey};
use crate::compose::because;
use std::collections::HashMap;
use std::convert::Infallible;
use wasm_encoder::reencode::{component_utils as utils, Error, Reencode, ReencodeComponent};
use wasm_encoder::{
    Alias, CanonicalFunctionSection, CanonicalOption, Component, ComponentAliasSection, ComponentExportKind,
    ComponentExportSection, ComponentImportSection, ComponentInstanceSection, ComponentTypeRef, ComponentTypeSection,
    CoreTypeSection, ExportKind, InstanceSection, ModuleArg, NestedComponentSection, RawSection, ValType,
};
use wasmparser::component_types::{ComponentAnyTypeId, ComponentDefinedType, ResourceId};
use wasmparser::types::{Types, TypesRef};
use wasmparser::{
    CanonicalFunction, ComponentAlias, ComponentExternalKind, ComponentOuterAliasKind, ComponentType, ExternalKind,
    Parser, Payload,
};

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
enum Space {
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
    missing: bool,
}

impl Renumber {
    /// The index of a new item.
    fn add(&mut self, space: Space) -> u32 {
        let next = self.next.entry(space).or_default();
        *next += 1;
        *next - 1
    }

    /// An item of the guest is this one now.
    fn is_now(&mut self, space: Space, new: Option<u32>) {
        self.new.entry(space).or_default().push(new);
    }

    /// An item of the guest stays.
    fn keep(&mut self, space: Space) {
        let new = self.add(space);
        self.is_now(space, Some(new));
    }

    fn count(&self, space: Space) -> u32 {
        u32::try_from(self.new.get(&space).map_or(0, Vec::len)).expect("a component has fewer items")
    }

    /// Whether the guest's item with this index was met.
    fn has(&self, space: Space, old: u32) -> bool {
        old < self.count(space)
    }

    fn of(&mut self, space: Space, old: u32) -> u32 {
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

fn space_of(kind: ComponentExternalKind) -> Space {
    match kind {
        ComponentExternalKind::Module => Space::Module,
        ComponentExternalKind::Func => Space::Function,
        ComponentExternalKind::Value => Space::Value,
        ComponentExternalKind::Type => Space::Type,
        ComponentExternalKind::Instance => Space::Instance,
        ComponentExternalKind::Component => Space::Component,
    }
}

fn core_space_of(kind: ExternalKind) -> Space {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => Space::CoreFunction,
        ExternalKind::Table => Space::CoreTable,
        ExternalKind::Memory => Space::CoreMemory,
        ExternalKind::Global => Space::CoreGlobal,
        ExternalKind::Tag => Space::CoreTag,
    }
}

/// The component that is being written. Each item gets a section of its own.
#[derive(Default)]
struct Output {
    component: Component,
    renumber: Renumber,
}

impl Output {
    fn module(&mut self, bytes: &[u8]) -> u32 {
        self.component.section(&RawSection { id: wasm_encoder::ComponentSectionId::CoreModule.into(), data: bytes });
        self.renumber.add(Space::Module)
    }

    fn instantiate(&mut self, module: &[u8], args: &[(&str, u32)]) -> u32 {
        let module = self.module(module);
        let mut section = InstanceSection::new();
        section.instantiate(module, args.iter().map(|(name, instance)| (*name, ModuleArg::Instance(*instance))));
        self.component.section(&section);
        self.renumber.add(Space::CoreInstance)
    }

    /// An instance of items.
    fn items(&mut self, items: &[(&str, ExportKind, u32)]) -> u32 {
        let mut section = InstanceSection::new();
        section.export_items(items.iter().copied());
        self.component.section(&section);
        self.renumber.add(Space::CoreInstance)
    }

    fn functions(&mut self, functions: &[(&str, u32)]) -> u32 {
        let items: Vec<_> = functions.iter().map(|(name, index)| (*name, ExportKind::Func, *index)).collect();
        self.items(&items)
    }

    fn alias(&mut self, alias: Alias<'_>, space: Space) -> u32 {
        let mut section = ComponentAliasSection::new();
        section.alias(alias);
        self.component.section(&section);
        self.renumber.add(space)
    }

    fn core_function(&mut self, instance: u32, name: &str) -> u32 {
        self.alias(Alias::CoreInstanceExport { instance, kind: ExportKind::Func, name }, Space::CoreFunction)
    }

    fn canonical(&mut self, add: impl FnOnce(&mut CanonicalFunctionSection) -> &mut CanonicalFunctionSection) -> u32 {
        let mut section = CanonicalFunctionSection::new();
        add(&mut section);
        self.component.section(&section);
        self.renumber.add(Space::CoreFunction)
    }

    fn ty(&mut self, add: impl FnOnce(&mut ComponentTypeSection)) -> u32 {
        let mut section = ComponentTypeSection::new();
        add(&mut section);
        self.component.section(&section);
        self.renumber.add(Space::Type)
    }
}

struct Rewriter<'a> {
    guest: &'a [u8],
    types: TypesRef<'a>,
    polyfill: &'a Polyfill<'a>,
    survey: &'a Survey,
    /// The functions that stand for the polyfill's.
    entries: Vec<Entry>,
    out: Output,
    /// The instance whose functions they are: first the shim, then the front.
    current: u32,
    shim: u32,
    /// The new types of the polyfill's resources, by interface and name.
    resources: HashMap<(String, String), u32>,
    /// The type of the guest's files, of which another one is imported.
    files_declarations: Option<ComponentType<'a>>,
    is_placed: bool,
}

/// The name of an entry.
fn entry_name(call: &Call) -> String {
    let Call { interface, function, realloc } = call;
    match realloc {
        None => format!("{interface}#{function}"),
        Some(index) => format!("{interface}#{function}#{index}"),
    }
}

fn entries(polyfill: &Polyfill<'_>, survey: &Survey) -> Result<Vec<Entry>, Trouble> {
    let mut entries = Vec::new();
    let mut calls: Vec<_> = survey.calls.iter().collect();
    calls.sort_by_key(|(index, _)| **index);
    for (_, call) in calls {
        let name = entry_name(call);
        if entries.iter().any(|entry: &Entry| entry.name == name) {
            continue;
        }
        let signature = polyfill.signature(&call.interface, &call.function).map_err(Trouble)?;
        let export = format!("{}#{}", call.interface, call.function);
        entries.push(Entry { name, export, signature, realloc: call.realloc });
    }
    entries.push(Entry::of_handle(DROP_DESCRIPTOR));
    let mut names: Vec<_> = polyfill.resources().map(|(interface, name)| destructor(interface, name)).collect();
    names.sort();
    entries.extend(names.iter().map(|name| Entry::of_handle(name)));
    Ok(entries)
}

impl<'a> Rewriter<'a> {
    /// The shim, which is there before everything of the guest, and the polyfill's resources.
    fn begin(&mut self) {
        self.shim = self.out.instantiate(&shim(&self.entries), &[]);
        self.current = self.shim;
        let mut resources: Vec<_> = self.polyfill.resources().cloned().collect();
        resources.sort();
        for resource in resources {
            let destructor = self.out.core_function(self.shim, &destructor(&resource.0, &resource.1));
            let ty = self.out.ty(|section| {
                section.resource(ValType::I32, Some(destructor));
            });
            self.resources.insert(resource, ty);
        }
    }

    /// Puts the polyfill where the guest's memory and functions `realloc` are there, and its files.
    fn place(&mut self) -> Result<(), Trouble> {
        let Survey { files, memory, reallocs, .. } = self.survey;
        let is_there = |space, index| self.out.renumber.has(space, index);
        let all = is_there(Space::Instance, *files)
            && is_there(Space::CoreMemory, *memory)
            && reallocs.iter().all(|index| is_there(Space::CoreFunction, *index));
        if self.is_placed || !all {
            return Ok(());
        }
        self.is_placed = true;
        let files = self.out.renumber.of(Space::Instance, *files);
        let memory = self.out.renumber.of(Space::CoreMemory, *memory);
        let reallocs: Vec<_> = reallocs.iter().map(|index| self.out.renumber.of(Space::CoreFunction, *index)).collect();
        self.put_polyfill(files, memory, &reallocs)
    }

    /// Lowers a function of the guest's files for this memory.
    fn lower(&mut self, files: u32, name: &str, memory: u32, realloc: u32) -> Result<u32, Trouble> {
        let id = self
            .polyfill
            .function(&self.polyfill.files, name)
            .ok_or_else(|| Trouble::new(format!("{name} is unknown")))?;
        let types = self.polyfill.types();
        let returns_list = super::canonical::Signature::of(types, &types[id]).map_or(false, |it| it.returns_list);
        let alias = Alias::InstanceExport { instance: files, kind: ComponentExportKind::Func, name };
        let function = self.out.alias(alias, Space::Function);
        let mut options = vec![CanonicalOption::UTF8, CanonicalOption::Memory(memory)];
        if returns_list {
            options.push(CanonicalOption::Realloc(realloc));
        }
        Ok(self.out.canonical(|section| section.lower(function, options)))
    }

    fn put_polyfill(&mut self, files: u32, memory: u32, reallocs: &[u32]) -> Result<(), Trouble> {
        let polyfill = self.polyfill;
        let base = self.out.instantiate(&base(polyfill.pages), &[]);
        let memory_alias = Alias::CoreInstanceExport { instance: base, kind: ExportKind::Memory, name: "memory" };
        let own_memory = self.out.alias(memory_alias, Space::CoreMemory);
        let realloc = self.out.core_function(base, "realloc");

        let host_read = self.lower(files, "[method]descriptor.read", memory, realloc)?;
        let host_write = self.lower(files, "[method]descriptor.write", memory, realloc)?;
        let host = self.out.functions(&[("read", host_read), ("write", host_write)]);
        let guest = self.out.items(&[("memory", ExportKind::Memory, memory)]);
        let numbers: Vec<String> = (0..reallocs.len()).map(|index| index.to_string()).collect();
        let named: Vec<_> = numbers.iter().map(String::as_str).zip(reallocs.iter().copied()).collect();
        let reallocs_instance = self.out.functions(&named);
        let args = [("guest", guest), ("base", base), ("host", host), ("realloc", reallocs_instance)];
        let reach = self.out.instantiate(&reach(reallocs.len()), &args);
        let outward = self.out.instantiate(&outward(), &[("base", base), ("reach", reach)]);

        let alias = Alias::InstanceExport { instance: files, kind: ComponentExportKind::Type, name: "descriptor" };
        let descriptor = self.out.alias(alias, Space::Type);
        let core = self.polyfill_instance(files, own_memory, realloc, descriptor, [base, reach, outward])?;

        let mut resources: Vec<(ResourceId, String)> = Vec::new();
        let mut reps = Vec::new();
        for (id, (interface, name)) in polyfill.resources_by_id() {
            let ty = self.resources[&(interface.clone(), name.clone())];
            let rep = self.out.canonical(|section| section.resource_rep(ty));
            let name = format!("{interface}#{name}");
            resources.push((id, name.clone()));
            reps.push((name, rep));
        }
        let reps: Vec<_> = reps.iter().map(|(name, function)| (name.as_str(), *function)).collect();
        let resource = self.out.functions(&reps);
        let args = [("guest", guest), ("base", base), ("reach", reach), ("resource", resource), ("polyfill", core)];
        self.current = self.out.instantiate(&front(&self.entries, &resources), &args);
        let table = Alias::CoreInstanceExport { instance: self.shim, kind: ExportKind::Table, name: "table" };
        let table = self.out.alias(table, Space::CoreTable);
        let table = self.out.items(&[("table", ExportKind::Table, table)]);
        self.out.instantiate(&fixup(&self.entries), &[("shim", table), ("front", self.current)]);
        Ok(())
    }

    /// The instance of the polyfill's module, with all that it imports.
    fn polyfill_instance(
        &mut self,
        files: u32,
        memory: u32,
        realloc: u32,
        descriptor: u32,
        [base, reach, outward]: [u32; 3],
    ) -> Result<u32, Trouble> {
        let mut modules: Vec<&str> = Vec::new();
        let mut functions: HashMap<&str, Vec<(&str, u32)>> = HashMap::new();
        for (module, name) in self.polyfill.imports.clone() {
            let function = match (module, name) {
                ("reach", "aim") => self.out.core_function(base, name),
                ("reach", "store") => self.out.core_function(outward, name),
                ("reach", _) => self.out.core_function(reach, name),
                ("descriptor", "drop") => self.out.canonical(|section| section.resource_drop(descriptor)),
                // A borrowed descriptor is the guest's: its end means nothing here.
                (_, "[resource-drop]descriptor") => self.out.core_function(base, "nothing"),
                _ if module == self.polyfill.files.name => self.lower(files, name, memory, realloc)?,
                _ => self.builtin(module, name)?,
            };
            if !modules.contains(&module) {
                modules.push(module);
            }
            functions.entry(module).or_default().push((name, function));
        }
        let memory = self.out.items(&[("memory", ExportKind::Memory, memory)]);
        let mut args = vec![("env", memory)];
        for module in modules {
            args.push((module, self.out.functions(&functions[module])));
        }
        Ok(self.out.instantiate(self.polyfill.module, &args))
    }

    /// A function of the canonical ABI for a resource of the polyfill.
    fn builtin(&mut self, module: &str, name: &str) -> Result<u32, Trouble> {
        let unknown = || Trouble::new(format!("the polyfill imports {module}#{name}"));
        let interface = module.strip_prefix("[export]").ok_or_else(unknown)?;
        let (verb, resource) = name.strip_prefix('[').and_then(|rest| rest.split_once(']')).ok_or_else(unknown)?;
        let ty = *self.resources.get(&(interface.to_owned(), resource.to_owned())).ok_or_else(unknown)?;
        match verb {
            "resource-new" => Ok(self.out.canonical(|section| section.resource_new(ty))),
            "resource-rep" => Ok(self.out.canonical(|section| section.resource_rep(ty))),
            "resource-drop" => Ok(self.out.canonical(|section| section.resource_drop(ty))),
            _ => Err(unknown()),
        }
    }

    /// A type that the guest has from a replaced instance.
    fn replaced_type(&mut self, interface: &str, name: &str, index: u32) -> Result<u32, Trouble> {
        if let ComponentAnyTypeId::Resource(_) = self.types.component_any_type_at(index) {
            // The interface may use the resource of another one.
            let own = self.resources.iter().find(|((home, own), _)| own == name && home == interface);
            let own = own.or_else(|| self.resources.iter().find(|((_, own), _)| own == name));
            return own.map(|(_, ty)| *ty).ok_or_else(|| Trouble::new(format!("{interface} has no resource {name}")));
        }
        let ComponentAnyTypeId::Defined(id) = self.types.component_any_type_at(index) else {
            return Err(Trouble::new(format!("it uses {name} of {interface}")));
        };
        let ty = &self.types[id];
        match ty {
            ComponentDefinedType::Enum(cases) => Ok(self.out.ty(|section| {
                section.defined_type().enum_type(cases.iter().map(|case| case.as_str()));
            })),
            ComponentDefinedType::Flags(flags) => Ok(self.out.ty(|section| {
                section.defined_type().flags(flags.iter().map(|flag| flag.as_str()));
            })),
            ComponentDefinedType::Primitive(primitive) => Ok(self.out.ty(|section| {
                section.defined_type().primitive((*primitive).into());
            })),
            _ => Err(Trouble::new(format!("it uses {name} of {interface}"))),
        }
    }

    fn alias(&mut self, alias: ComponentAlias<'a>) -> Result<(), Trouble> {
        if let ComponentAlias::InstanceExport { kind, instance_index, name } = alias {
            if let Some(interface) = self.survey.replaced.get(&instance_index) {
                let new = match kind {
                    ComponentExternalKind::Func => None,
                    ComponentExternalKind::Type => {
                        let index = self.out.renumber.count(Space::Type);
                        Some(self.replaced_type(interface, name, index)?)
                    }
                    _ => return Err(Trouble::new(format!("it uses {name} of {interface}"))),
                };
                self.out.renumber.is_now(space_of(kind), new);
                return Ok(());
            }
        }
        let space = match alias {
            ComponentAlias::InstanceExport { kind, .. } => space_of(kind),
            ComponentAlias::CoreInstanceExport { kind, .. } => core_space_of(kind),
            ComponentAlias::Outer { kind, .. } => match kind {
                ComponentOuterAliasKind::CoreModule => Space::Module,
                ComponentOuterAliasKind::CoreType => Space::CoreType,
                ComponentOuterAliasKind::Type => Space::Type,
                ComponentOuterAliasKind::Component => Space::Component,
            },
        };
        let new = utils::component_alias(&mut self.out.renumber, alias)?;
        let new = self.out.alias(new, space);
        self.out.renumber.is_now(space, Some(new));
        self.place()
    }

    fn canonical(&mut self, function: CanonicalFunction) -> Result<(), Trouble> {
        let is_lift = matches!(function, CanonicalFunction::Lift { .. });
        let index = self.out.renumber.count(Space::CoreFunction);
        let entry = match self.survey.calls.get(&index) {
            _ if is_lift => None,
            Some(call) => Some(entry_name(call)),
            None => self.survey.drops.contains(&index).then(|| DROP_DESCRIPTOR.to_owned()),
        };
        if let Some(name) = entry {
            let new = self.out.core_function(self.current, &name);
            self.out.renumber.is_now(Space::CoreFunction, Some(new));
        } else {
            let mut section = CanonicalFunctionSection::new();
            utils::parse_component_canonical(&mut self.out.renumber, &mut section, function)?;
            self.out.component.section(&section);
            self.out.renumber.keep(if is_lift { Space::Function } else { Space::CoreFunction });
        }
        self.place()
    }

    fn import(&mut self, import: wasmparser::ComponentImport<'a>) -> Result<(), Trouble> {
        let (index, space) = match import.ty {
            wasmparser::ComponentTypeRef::Module(_) => (None, Space::Module),
            wasmparser::ComponentTypeRef::Func(_) => (None, Space::Function),
            wasmparser::ComponentTypeRef::Value(_) => (None, Space::Value),
            wasmparser::ComponentTypeRef::Type(_) => (None, Space::Type),
            wasmparser::ComponentTypeRef::Instance(_) => {
                (Some(self.out.renumber.count(Space::Instance)), Space::Instance)
            }
            wasmparser::ComponentTypeRef::Component(_) => (None, Space::Component),
        };
        if index.is_some_and(|index| self.survey.replaced.contains_key(&index)) {
            self.out.renumber.is_now(Space::Instance, None);
            return Ok(());
        }
        let ty = if index == Some(self.survey.files) {
            let Some(ComponentType::Instance(declarations)) = self.files_declarations.take() else {
                return Err(Trouble::new("its type of wasi:filesystem is not defined in place"));
            };
            let ty = extend(&mut self.out.renumber, declarations, self.polyfill)?;
            ComponentTypeRef::Instance(self.out.ty(|section| {
                section.instance(&ty);
            }))
        } else {
            utils::component_type_ref(&mut self.out.renumber, import.ty)?
        };
        let mut section = ComponentImportSection::new();
        section.import(import.name, ty);
        self.out.component.section(&section);
        self.out.renumber.keep(space);
        self.place()
    }

    fn take(&mut self, payload: Payload<'a>) -> Result<(), Trouble> {
        let renumber = &mut self.out.renumber;
        match payload {
            Payload::Version { .. } | Payload::End(_) => {}
            Payload::ModuleSection { unchecked_range, .. } => {
                let range = usize_range(&unchecked_range);
                self.out.module(&self.guest[range]);
                let new = self.out.renumber.next[&Space::Module] - 1;
                self.out.renumber.is_now(Space::Module, Some(new));
            }
            Payload::ComponentSection { parser, unchecked_range } => {
                let mut inner = Component::new();
                let bytes = &self.guest[usize_range(&unchecked_range)];
                renumber.push_depth();
                utils::parse_component(renumber, &mut inner, parser, bytes, self.guest)?;
                renumber.pop_depth();
                self.out.component.section(&NestedComponentSection(&inner));
                self.out.renumber.keep(Space::Component);
            }
            Payload::ComponentTypeSection(section) => {
                for ty in section {
                    let ty = ty?;
                    let mut section = ComponentTypeSection::new();
                    utils::parse_component_type(&mut self.out.renumber, section.ty(), ty)?;
                    self.out.component.section(&section);
                    self.out.renumber.keep(Space::Type);
                }
            }
            Payload::CoreTypeSection(section) => {
                for ty in section {
                    let mut section = CoreTypeSection::new();
                    utils::parse_component_core_type(&mut self.out.renumber, section.ty(), ty?)?;
                    self.out.component.section(&section);
                    self.out.renumber.keep(Space::CoreType);
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section {
                    self.import(import?)?;
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    self.alias(alias?)?;
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section {
                    let mut section = ComponentInstanceSection::new();
                    utils::parse_component_instance(&mut self.out.renumber, &mut section, instance?)?;
                    self.out.component.section(&section);
                    self.out.renumber.keep(Space::Instance);
                }
            }
            Payload::InstanceSection(section) => {
                for instance in section {
                    let mut section = InstanceSection::new();
                    utils::parse_instance(&mut self.out.renumber, &mut section, instance?)?;
                    self.out.component.section(&section);
                    self.out.renumber.keep(Space::CoreInstance);
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                for function in section {
                    self.canonical(function?)?;
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    let export = export?;
                    let space = space_of(export.kind);
                    let mut section = ComponentExportSection::new();
                    utils::parse_component_export(&mut self.out.renumber, &mut section, export)?;
                    self.out.component.section(&section);
                    self.out.renumber.keep(space);
                }
            }
            // The names of items belong to their old indices.
            Payload::CustomSection(section) if section.name() == "component-name" => {}
            Payload::CustomSection(section) => {
                utils::parse_component_custom_section(renumber, &mut self.out.component, section)?;
            }
            _ => return Err(Trouble::new("it has a section of an unknown kind")),
        }
        Ok(())
    }
}

fn usize_range(range: &std::ops::Range<u64>) -> std::ops::Range<usize> {
    let at = |offset| usize::try_from(offset).expect("the guest is in memory");
    at(range.start)..at(range.end)
}

/// The declarations of a type of the outermost component, if it is defined there.
fn declarations(guest: &[u8], wanted: u32) -> Result<Option<ComponentType<'_>>, wasmparser::Error> {
    let (mut next, mut depth) = (0, 0);
    for payload in Parser::new(0).parse_all(guest) {
        match payload? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            _ if depth != 1 => {}
            Payload::ComponentTypeSection(section) => {
                for ty in section {
                    if next == wanted {
                        return Ok(Some(ty?));
                    }
                    next += 1;
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section {
                    next += u32::from(matches!(import?.ty, wasmparser::ComponentTypeRef::Type(_)));
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    let is_type = matches!(
                        alias?,
                        ComponentAlias::InstanceExport { kind: ComponentExternalKind::Type, .. }
                            | ComponentAlias::Outer { kind: ComponentOuterAliasKind::Type, .. }
                    );
                    next += u32::from(is_type);
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    next += u32::from(matches!(export?.kind, ComponentExternalKind::Type));
                }
            }
            _ => {}
        }
    }
    Ok(None)
}

/// The guest with the polyfill inside.
pub fn rewrite(guest: &[u8], types: &Types, polyfill: &Polyfill<'_>, survey: &Survey) -> Result<Vec<u8>, Trouble> {
    let mut rewriter = Rewriter {
        guest,
        types: types.as_ref(),
        polyfill,
        survey,
        entries: entries(polyfill, survey)?,
        out: Output::default(),
        current: 0,
        shim: 0,
        resources: HashMap::new(),
        files_declarations: declarations(guest, survey.files_type)?,
        is_placed: false,
    };
    rewriter.begin();
    let mut parser = Parser::new(0);
    let mut rest = guest;
    while !rest.is_empty() {
        let wasmparser::Chunk::Parsed { consumed, payload } = parser.parse(rest, true)? else {
            return Err(Trouble::new("it ends too early"));
        };
        rest = &rest[consumed..];
        if let Payload::ModuleSection { unchecked_range, .. } | Payload::ComponentSection { unchecked_range, .. } =
            &payload
        {
            let length = usize_range(unchecked_range).len();
            rest = &rest[length..];
        }
        rewriter.take(payload)?;
    }
    if rewriter.out.renumber.missing || !rewriter.is_placed {
        return Err(Trouble::new("it uses the mapping interface in other ways than by calls"));
    }
    Ok(rewriter.out.component.finish())
}
