//! Rewrites a guest: the polyfill takes the place of the imports that it provides. Everything of the guest stays in its order;
//! items get new indices.

use super::extend::extend;
use super::inside::Inside;
use super::output::Output;
use super::polyfill::Polyfill;
use super::renumber::{core_space_of, space_of, Space, Trouble};
use super::survey::Survey;
use wasm_encoder::reencode::{component_utils as utils, ReencodeComponent};
use wasm_encoder::{
    CanonicalFunctionSection, Component, ComponentExportSection, ComponentImportSection, ComponentInstanceSection,
    ComponentTypeRef, ComponentTypeSection, CoreTypeSection, InstanceSection, NestedComponentSection,
};
use wasmparser::component_types::{ComponentAnyTypeId, ComponentDefinedType};
use wasmparser::names::KebabString;
use wasmparser::types::{Types, TypesRef};
use wasmparser::{
    CanonicalFunction, ComponentAlias, ComponentExternalKind, ComponentOuterAliasKind, ComponentType, Parser, Payload,
};

struct Rewriter<'a> {
    guest: &'a [u8],
    types: TypesRef<'a>,
    polyfill: &'a Polyfill<'a>,
    survey: &'a Survey,
    inside: Inside<'a>,
    out: Output,
    /// The type of the guest's files, of which another one is imported.
    files_declarations: Option<ComponentType<'a>>,
    is_placed: bool,
}

impl<'a> Rewriter<'a> {
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
        self.inside.put(&mut self.out, files, memory, &reallocs)
    }

    /// A type that the guest has from a replaced instance.
    fn replaced_type(&mut self, interface: &str, name: &str, index: u32) -> Result<u32, Trouble> {
        if let ComponentAnyTypeId::Resource(_) = self.types.component_any_type_at(index) {
            let own = self.inside.resource(interface, name);
            return own.ok_or_else(|| Trouble::new(format!("{interface} has no resource {name}")));
        }
        let ComponentAnyTypeId::Defined(id) = self.types.component_any_type_at(index) else {
            return Err(Trouble::new(format!("it uses {name} of {interface}")));
        };
        let ty = &self.types[id];
        match ty {
            ComponentDefinedType::Enum(cases) => Ok(self.out.ty(|section| {
                section.defined_type().enum_type(cases.iter().map(KebabString::as_str));
            })),
            ComponentDefinedType::Flags(flags) => Ok(self.out.ty(|section| {
                section.defined_type().flags(flags.iter().map(KebabString::as_str));
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
        let call = self.survey.calls.get(&index).filter(|_| !is_lift);
        if let Some(call) = call {
            let new = self.inside.call(&mut self.out, call);
            self.out.renumber.is_now(Space::CoreFunction, Some(new));
        } else if !is_lift && self.survey.drops.contains(&index) {
            let new = self.inside.drop_descriptor(&mut self.out);
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
                let new = self.out.module(&self.guest[range]);
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
    let mut out = Output::default();
    // Before everything of the guest: it needs nothing.
    let inside = Inside::begin(&mut out, polyfill, survey)?;
    let mut rewriter = Rewriter {
        guest,
        types: types.as_ref(),
        polyfill,
        survey,
        inside,
        out,
        files_declarations: declarations(guest, survey.files_type)?,
        is_placed: false,
    };
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
