//! Looks at a guest: what it has to do with mappings and files, and whether it can be fused.

use super::mentions::Mentions;
use super::polyfill::{Polyfill, FILES};
use super::reach::MOST_REALLOCS;
use crate::compose::because;
use crate::guest::unversioned;
use std::collections::{HashMap, HashSet};
use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType, ResourceId};
use wasmparser::types::{Types, TypesRef};
use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentTypeRef,
    ExternalKind, Parser, Payload,
};

/// A call of the polyfill by the guest: a lowered function.
#[derive(Clone)]
pub struct Call {
    /// The name of the polyfill's interface.
    pub interface: String,
    pub function: String,
    /// The number of the guest's `realloc`, see [`Survey::reallocs`].
    pub realloc: Option<usize>,
}

/// All indices are those of the outermost component.
#[derive(Default)]
pub struct Survey {
    /// The imported instances that the polyfill replaces, with the names of its interfaces.
    pub replaced: HashMap<u32, String>,
    /// The imported instance of `wasi:filesystem/types`, and its type.
    pub files: u32,
    pub files_type: u32,
    /// The core functions that are calls of the polyfill.
    pub calls: HashMap<u32, Call>,
    /// The core functions that drop a descriptor.
    pub drops: HashSet<u32>,
    pub memory: u32,
    /// The core functions that allocate.
    pub reallocs: Vec<u32>,
}

/// The numbers of items that were seen in each index space.
#[derive(Default)]
struct Seen {
    instances: u32,
    functions: u32,
    core_functions: u32,
    /// The instance and the name of each memory: the same memory may have several indices.
    memories: Vec<(u32, String)>,
}

/// Why a guest is not fused.
pub enum Reason {
    /// It can be composed. The text completes "composed, because".
    Compose(String),
    /// It cannot be composed either. The text follows the name of the guest.
    Refuse(String),
}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        Self::Compose(text)
    }
}

impl From<&str> for Reason {
    fn from(text: &str) -> Self {
        Self::Compose(text.to_owned())
    }
}

enum Imported {
    Instance(u32),
    Function(u32),
}

struct Surveyor<'a> {
    types: TypesRef<'a>,
    polyfill: &'a Polyfill<'a>,
    seen: Seen,
    /// The functions of replaced instances, with interface and name.
    functions: HashMap<u32, (String, String)>,
    imports: Vec<(String, Imported)>,
    /// The types of the exported functions, and the instances of components inside.
    lifted: Vec<u32>,
    instances: Vec<ComponentInstance<'a>>,
    descriptor: Option<ResourceId>,
    memory: Option<u32>,
    survey: Survey,
}

impl<'a> Surveyor<'a> {
    fn mentions(&self, resources: &'a HashSet<ResourceId>, only_owned: bool) -> Mentions<'a> {
        Mentions::new(self.types, resources, only_owned)
    }

    /// The resources of an imported instance.
    fn resources_of(&self, instance: u32) -> HashMap<&'a str, ResourceId> {
        let exports = self.types.get(self.types.component_instance_at(instance)).map(|ty| ty.exports.iter());
        let resources = exports.into_iter().flatten().filter_map(|(name, item)| match item.ty {
            ComponentEntityType::Type { created: ComponentAnyTypeId::Resource(id), .. } => {
                Some((name.as_str(), id.resource()))
            }
            _ => None,
        });
        resources.collect()
    }

    fn import(&mut self, name: &str, ty: ComponentTypeRef) -> Result<(), Reason> {
        let index = self.seen.instances;
        match ty {
            ComponentTypeRef::Instance(ty) => {
                let provided = self.polyfill.provided.iter().find(|own| unversioned(&own.name) == unversioned(name));
                if let Some(own) = provided {
                    self.survey.replaced.insert(index, own.name.clone());
                }
                if unversioned(name) == FILES {
                    if self.descriptor.is_some() {
                        return Err("it imports several versions of wasi:filesystem".into());
                    }
                    (self.survey.files, self.survey.files_type) = (index, ty);
                    self.descriptor = self.resources_of(index).get("descriptor").copied();
                }
                self.imports.push((name.to_owned(), Imported::Instance(index)));
                self.seen.instances += 1;
            }
            ComponentTypeRef::Func(_) => {
                self.imports.push((name.to_owned(), Imported::Function(self.seen.functions)));
                self.seen.functions += 1;
            }
            _ => {}
        }
        Ok(())
    }

    fn alias(&mut self, alias: &ComponentAlias<'_>) {
        match *alias {
            ComponentAlias::InstanceExport { kind, instance_index, name } => {
                let replaced = self.survey.replaced.get(&instance_index);
                match kind {
                    ComponentExternalKind::Func => {
                        if let Some(interface) = replaced {
                            self.functions.insert(self.seen.functions, (interface.clone(), name.to_owned()));
                        }
                        self.seen.functions += 1;
                    }
                    ComponentExternalKind::Instance => self.seen.instances += 1,
                    _ => {}
                }
            }
            ComponentAlias::CoreInstanceExport { kind: ExternalKind::Func | ExternalKind::FuncExact, .. } => {
                self.seen.core_functions += 1;
            }
            ComponentAlias::CoreInstanceExport { kind: ExternalKind::Memory, instance_index, name } => {
                self.seen.memories.push((instance_index, name.to_owned()));
            }
            _ => {}
        }
    }

    fn lower(&mut self, function: u32, options: &[CanonicalOption]) -> Result<(), Reason> {
        let Some((interface, name)) = self.functions.get(&function).cloned() else { return Ok(()) };
        let mut realloc = None;
        for option in options {
            match *option {
                CanonicalOption::UTF8 | CanonicalOption::UTF16 | CanonicalOption::CompactUTF16 => {}
                CanonicalOption::Memory(memory) => {
                    let place = |index: u32| self.seen.memories.get(index as usize);
                    if self.memory.is_some_and(|other| place(other) != place(memory)) {
                        return Err("it maps from several memories".into());
                    }
                    let ty = self.types.memory_at(memory);
                    if ty.memory64 || ty.shared || ty.page_size_log2.is_some() {
                        return Err("its memory has 64-bit addresses, threads or pages of its own size".into());
                    }
                    self.memory.get_or_insert(memory);
                }
                CanonicalOption::Realloc(function) => {
                    let known = self.survey.reallocs.iter().position(|known| *known == function);
                    if known.is_none() && self.survey.reallocs.len() == MOST_REALLOCS {
                        return Err(format!("it allocates by more than {MOST_REALLOCS} functions").into());
                    }
                    self.survey.reallocs.extend(known.is_none().then_some(function));
                    realloc = known.or(Some(self.survey.reallocs.len() - 1));
                }
                _ => return Err(format!("it calls {name} in an unusual way").into()),
            }
        }
        // Only a list of the result needs memory of the guest.
        let realloc = realloc.filter(|_| self.polyfill.signature(&interface, &name).is_ok_and(|it| it.returns_list));
        self.survey.calls.insert(self.seen.core_functions, Call { interface, function: name, realloc });
        Ok(())
    }

    fn canonical(&mut self, function: &CanonicalFunction) -> Result<(), Reason> {
        match function {
            CanonicalFunction::Lift { type_index, options, .. } => {
                if options.contains(&CanonicalOption::Async) {
                    // The polyfill takes one call at a time.
                    return Err("it has exports that run at the same time".into());
                }
                self.lifted.push(*type_index);
                self.seen.functions += 1;
                return Ok(());
            }
            CanonicalFunction::Lower { func_index, options } => self.lower(*func_index, options)?,
            CanonicalFunction::ResourceDrop { resource } => {
                if let ComponentAnyTypeId::Resource(id) = self.types.component_any_type_at(*resource) {
                    if Some(id.resource()) == self.descriptor {
                        self.survey.drops.insert(self.seen.core_functions);
                    }
                }
            }
            _ => {}
        }
        self.seen.core_functions += 1;
        Ok(())
    }

    fn take(&mut self, payload: Payload<'a>) -> Result<(), Reason> {
        let broken = |error: wasmparser::Error| Reason::from(because(&error));
        match payload {
            Payload::ComponentImportSection(section) => {
                for import in section {
                    let import = import.map_err(broken)?;
                    self.import(import.name.name, import.ty)?;
                }
            }
            Payload::ComponentInstanceSection(section) => {
                self.seen.instances += section.count();
                for instance in section {
                    self.instances.push(instance.map_err(broken)?);
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    match export.map_err(broken)?.kind {
                        ComponentExternalKind::Instance => self.seen.instances += 1,
                        ComponentExternalKind::Func => self.seen.functions += 1,
                        _ => {}
                    }
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    self.alias(&alias.map_err(broken)?);
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                for function in section {
                    self.canonical(&function.map_err(broken)?)?;
                }
            }
            Payload::ComponentStartSection { .. } => return Err("it has a start function".into()),
            _ => {}
        }
        Ok(())
    }

    /// Handles of descriptors and mappings may not leave the guest's own core modules: what is behind them is counted there.
    fn require_enclosed(&self) -> Result<(), Reason> {
        let descriptor: HashSet<ResourceId> = self.descriptor.into_iter().collect();
        let mut all = descriptor.clone();
        for instance in self.survey.replaced.keys() {
            all.extend(self.resources_of(*instance).values());
        }
        for ty in &self.lifted {
            if let ComponentAnyTypeId::Func(id) = self.types.component_any_type_at(*ty) {
                if self.mentions(&all, false).function(&self.types[id]) {
                    return Err("it exports a function with descriptors or mappings".into());
                }
            }
        }
        for instance in &self.instances {
            let ComponentInstance::Instantiate { args, .. } = instance else { continue };
            for arg in args {
                let mut mentions = self.mentions(&all, false);
                let has = match arg.kind {
                    ComponentExternalKind::Func => {
                        mentions.function(&self.types[self.types.component_function_at(arg.index)])
                    }
                    ComponentExternalKind::Type => mentions.ty(self.types.component_any_type_at(arg.index)),
                    ComponentExternalKind::Instance => mentions.instance(self.types.component_instance_at(arg.index)),
                    _ => false,
                };
                if has {
                    return Err("a component inside of it takes descriptors or mappings".into());
                }
            }
        }
        for (name, ty) in &self.imports {
            let takes = match ty {
                Imported::Instance(index) => {
                    let exports = &self.types[self.types.component_instance_at(*index)].exports;
                    exports.values().any(|item| match item.ty {
                        ComponentEntityType::Func(id) => self.mentions(&descriptor, true).params(&self.types[id]),
                        _ => false,
                    })
                }
                Imported::Function(index) => {
                    let id = self.types.component_function_at(*index);
                    self.mentions(&descriptor, true).params(&self.types[id])
                }
            };
            if takes {
                let what = "gives descriptors away to";
                return Err(Reason::Refuse(format!("{what} {name}, so a mapping cannot keep the file of one")));
            }
        }
        Ok(())
    }
}

/// Looks at a valid guest that imports the polyfill's interface.
pub fn survey<'a>(guest: &'a [u8], types: &'a Types, polyfill: &'a Polyfill<'a>) -> Result<Survey, Reason> {
    let types = types.as_ref();
    let mut surveyor = Surveyor {
        types,
        polyfill,
        seen: Seen::default(),
        functions: HashMap::new(),
        imports: Vec::new(),
        lifted: Vec::new(),
        instances: Vec::new(),
        descriptor: None,
        memory: None,
        survey: Survey::default(),
    };
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(guest) {
        let payload = payload.map_err(|error| because(&error))?;
        match &payload {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            _ => {}
        }
        if depth == 1 {
            surveyor.take(payload)?;
        }
    }
    if surveyor.descriptor.is_none() {
        return Err("it has no descriptors".into());
    }
    surveyor.survey.memory = surveyor.memory.ok_or("it maps nothing")?;
    surveyor.require_enclosed()?;
    Ok(surveyor.survey)
}
