//! Replaces the core names of a component, so that none of its maker's is left.
//!
//! The names of core imports and exports connect the parts of a component and mean nothing outside of it, so a component with
//! other names is the same.

use crate::limits::{no_valid, Limits};
use crate::names::{check, NewNames};
use crate::sections::{put_name, put_section, put_u32, Section};
use std::ops::Range;
use wasmparser::{
    BinaryReader, ComponentAlias, ComponentExternName, ComponentInstance, ComponentType, ComponentTypeDeclaration,
    CoreType, ExternalKind, Instance, InstanceTypeDeclaration, Parser, Payload, SectionLimited,
};

type Outcome<T = ()> = Result<T, String>;

/// A component, or a module in one, that is being rewritten.
struct Frame {
    bytes: Vec<u8>,
    section: u8,
}

impl Frame {
    fn new(section: u8, size: usize) -> Self {
        Self { bytes: Vec::with_capacity(size), section }
    }
}

struct Renamer<'a> {
    original: &'a [u8],
    names: NewNames<'a>,
    limits: Limits,
    frames: Vec<Frame>,
}

const MODULE: u8 = 1;
const COMPONENT: u8 = 4;

fn span(range: &Range<u64>) -> Outcome<Range<usize>> {
    let at = |offset: u64| usize::try_from(offset).map_err(|_| "is too large".to_owned());
    Ok(at(range.start)?..at(range.end)?)
}

/// A part of the component, whose end nobody has checked yet.
fn part<'a>(original: &'a [u8], range: &Range<u64>) -> Outcome<&'a [u8]> {
    original.get(span(range)?).ok_or_else(|| "is no valid component: it ends too early".to_owned())
}

fn external_name(name: &ComponentExternName<'_>) -> Outcome {
    [Some(name.name), name.implements, name.version_suffix, name.external_id].into_iter().flatten().try_for_each(check)
}

fn core_type(ty: &CoreType<'_>) -> Outcome {
    match ty {
        CoreType::Rec(_) => Ok(()),
        CoreType::Module(_) => Err("passes core modules around, which is not supported".to_owned()),
    }
}

fn type_names(ty: &ComponentType<'_>) -> Outcome {
    // The validator restricts all other names in types to letters, digits and hyphens.
    match ty {
        ComponentType::Component(declarations) => declarations.iter().try_for_each(|declaration| match declaration {
            ComponentTypeDeclaration::CoreType(ty) => core_type(ty),
            ComponentTypeDeclaration::Type(ty) => type_names(ty),
            ComponentTypeDeclaration::Alias(alias) => alias_name(alias),
            ComponentTypeDeclaration::Export { name, .. } => external_name(name),
            ComponentTypeDeclaration::Import(import) => external_name(&import.name),
        }),
        ComponentType::Instance(declarations) => declarations.iter().try_for_each(|declaration| match declaration {
            InstanceTypeDeclaration::CoreType(ty) => core_type(ty),
            InstanceTypeDeclaration::Type(ty) => type_names(ty),
            InstanceTypeDeclaration::Alias(alias) => alias_name(alias),
            InstanceTypeDeclaration::Export { name, .. } => external_name(name),
        }),
        ComponentType::Defined(_) | ComponentType::Func(_) | ComponentType::Resource { .. } => Ok(()),
    }
}

fn alias_name(alias: &ComponentAlias<'_>) -> Outcome {
    match alias {
        ComponentAlias::InstanceExport { name, .. } | ComponentAlias::CoreInstanceExport { name, .. } => check(name),
        ComponentAlias::Outer { .. } => Ok(()),
    }
}

fn core_sort(kind: ExternalKind) -> Outcome<u8> {
    Ok(match kind {
        ExternalKind::Func => 0,
        ExternalKind::Table => 1,
        ExternalKind::Memory => 2,
        ExternalKind::Global => 3,
        ExternalKind::Tag => 4,
        ExternalKind::FuncExact => {
            return Err("exports a function by its exact type, which is not supported".to_owned())
        }
    })
}

/// The entries of a section, each with its bytes.
fn entries<'a, T: wasmparser::FromReader<'a>>(
    section: SectionLimited<'a, T>,
    original: &'a [u8],
) -> Outcome<Vec<(T, &'a [u8])>> {
    let end = section.range().end;
    let read: Result<Vec<_>, _> = section.into_iter_with_offsets().collect();
    let read = read.map_err(|error| no_valid(&error))?;
    let mut ends: Vec<u64> = read.iter().skip(1).map(|(offset, _)| *offset).collect();
    ends.push(end);
    read.into_iter().zip(ends).map(|((start, entry), end)| Ok((entry, &original[span(&(start..end))?]))).collect()
}

impl<'a> Renamer<'a> {
    fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("a payload belongs to a module or component")
    }

    fn put(&mut self, section: Section) {
        section.append_to(&mut self.frame().bytes);
    }

    fn copy(&mut self, id: u8, range: &Range<u64>) -> Outcome {
        let content = part(self.original, range)?;
        put_section(&mut self.frame().bytes, id, content);
        Ok(())
    }

    fn enter(&mut self, section: u8, range: &Range<u64>) -> Outcome {
        let size = span(range)?.len().min(self.original.len());
        self.frames.push(Frame::new(section, size));
        Ok(())
    }

    /// Ends a module or component. Returns the whole at the end of the outermost one.
    fn leave(&mut self) -> Option<Vec<u8>> {
        let Frame { bytes, section } = self.frames.pop().expect("an end follows a begin");
        if self.frames.is_empty() {
            return Some(bytes);
        }
        put_section(&mut self.frame().bytes, section, &bytes);
        None
    }

    fn module_imports(&mut self, section: wasmparser::ImportSectionReader<'a>) -> Outcome {
        let mut renamed = Section::new(2);
        for (_, bytes) in entries(section, self.original)? {
            let mut reader = BinaryReader::new(bytes, 0);
            let both = reader.read_string().and_then(|module| Ok((module, reader.read_string()?)));
            let (module, name) = both.map_err(|error| no_valid(&error))?;
            let content = renamed.entry();
            put_name(content, &self.names.of(module)?);
            put_name(content, &self.names.of(name)?);
            content.extend_from_slice(&bytes[span(&(0..reader.original_position()))?.end..]);
        }
        self.put(renamed);
        Ok(())
    }

    fn module_exports(&mut self, section: wasmparser::ExportSectionReader<'a>) -> Outcome {
        let mut renamed = Section::new(7);
        for (export, bytes) in entries(section, self.original)? {
            let mut reader = BinaryReader::new(bytes, 0);
            reader.read_string().map_err(|error| no_valid(&error))?;
            let content = renamed.entry();
            put_name(content, &self.names.of(export.name)?);
            content.extend_from_slice(&bytes[span(&(0..reader.original_position()))?.end..]);
        }
        self.put(renamed);
        Ok(())
    }

    fn core_instances(&mut self, section: wasmparser::InstanceSectionReader<'a>) -> Outcome {
        let mut renamed = Section::new(2);
        for instance in section {
            let content = renamed.entry();
            match instance.map_err(|error| no_valid(&error))? {
                Instance::Instantiate { module_index, args } => {
                    content.push(0);
                    put_u32(content, module_index);
                    put_u32(content, u32::try_from(args.len()).unwrap_or(u32::MAX));
                    for arg in args {
                        put_name(content, &self.names.of(arg.name)?);
                        content.push(0x12); // An instance: there is no other kind.
                        put_u32(content, arg.index);
                    }
                }
                Instance::FromExports(exports) => {
                    content.push(1);
                    put_u32(content, u32::try_from(exports.len()).unwrap_or(u32::MAX));
                    for export in exports {
                        put_name(content, &self.names.of(export.name)?);
                        content.push(core_sort(export.kind)?);
                        put_u32(content, export.index);
                    }
                }
            }
        }
        self.put(renamed);
        Ok(())
    }

    fn aliases(&mut self, section: SectionLimited<'a, ComponentAlias<'a>>) -> Outcome {
        let mut renamed = Section::new(6);
        for (alias, bytes) in entries(section, self.original)? {
            alias_name(&alias)?;
            let content = renamed.entry();
            if let ComponentAlias::CoreInstanceExport { kind, instance_index, name } = alias {
                content.extend_from_slice(&[0, core_sort(kind)?, 1]);
                put_u32(content, instance_index);
                put_name(content, &self.names.of(name)?);
            } else {
                content.extend_from_slice(bytes);
            }
        }
        self.put(renamed);
        Ok(())
    }

    /// Checks the names in sections that are copied unchanged.
    fn check(payload: &Payload<'a>) -> Outcome {
        match payload {
            Payload::CoreTypeSection(section) => {
                for ty in section.clone() {
                    core_type(&ty.map_err(|error| no_valid(&error))?)?;
                }
            }
            Payload::ComponentTypeSection(section) => {
                for ty in section.clone() {
                    type_names(&ty.map_err(|error| no_valid(&error))?)?;
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section.clone() {
                    match instance.map_err(|error| no_valid(&error))? {
                        ComponentInstance::Instantiate { args, .. } => {
                            args.iter().try_for_each(|arg| check(arg.name))?;
                        }
                        ComponentInstance::FromExports(exports) => {
                            exports.iter().try_for_each(|export| external_name(&export.name))?;
                        }
                    }
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section.clone() {
                    external_name(&import.map_err(|error| no_valid(&error))?.name)?;
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section.clone() {
                    external_name(&export.map_err(|error| no_valid(&error))?.name)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes one part of the component, and returns the whole after the last one.
    fn take(&mut self, payload: Payload<'a>) -> Outcome<Option<Vec<u8>>> {
        self.limits.take(&payload)?;
        let section = payload.as_section();
        match payload {
            Payload::Version { range, .. } => {
                let header = &self.original[span(&range)?];
                self.frame().bytes.extend_from_slice(header);
                return Ok(None);
            }
            Payload::End(_) => return Ok(self.leave()),
            Payload::ModuleSection { unchecked_range, .. } => {
                return self.enter(MODULE, &unchecked_range).map(|()| None);
            }
            Payload::ComponentSection { unchecked_range, .. } => {
                return self.enter(COMPONENT, &unchecked_range).map(|()| None);
            }
            Payload::ImportSection(section) => return self.module_imports(section).map(|()| None),
            Payload::ExportSection(section) => return self.module_exports(section).map(|()| None),
            Payload::InstanceSection(section) => return self.core_instances(section).map(|()| None),
            Payload::ComponentAliasSection(section) => return self.aliases(section).map(|()| None),
            // Of the custom sections only the names of functions are kept, for traces.
            Payload::CustomSection(custom) if self.frame().section != MODULE || custom.name() != "name" => {
                return Ok(None);
            }
            copied => Self::check(&copied)?,
        }
        if let Some((id, range)) = section {
            self.copy(id, &range)?;
        }
        Ok(None)
    }
}

/// Returns the component with other core names.
///
/// # Errors
///
/// A message that follows the name of the component: it is malformed or too large, or has a name that is not harmless.
pub fn rename(component: &[u8]) -> Outcome<Vec<u8>> {
    let mut renamer = Renamer {
        original: component,
        names: NewNames::default(),
        limits: Limits::new(),
        frames: vec![Frame::new(COMPONENT, component.len())],
    };
    for payload in Parser::new(0).parse_all(component) {
        if let Some(renamed) = renamer.take(payload.map_err(|error| no_valid(&error))?)? {
            return Ok(renamed);
        }
    }
    Err("is no valid component: it ends too early".to_owned())
}
