//! The polyfill in a guest: the modules that it consists of, and how they are connected.

use super::canonical::Signature;
use super::front::{fixup, front, shim, Entry};
use super::output::Output;
use super::polyfill::{destructor, Polyfill, DROP_DESCRIPTOR};
use super::reach::{base, outward, reach};
use super::renumber::{Space, Trouble};
use super::survey::{Call, Survey};
use std::collections::HashMap;
use wasm_encoder::{Alias, CanonicalOption, ComponentExportKind, ExportKind, ValType};
use wasmparser::component_types::ResourceId;

/// The polyfill, as far as it is there.
pub struct Inside<'a> {
    polyfill: &'a Polyfill<'a>,
    /// The functions that stand for the polyfill's.
    entries: Vec<Entry>,
    /// The instance whose functions they are: first the shim, then the front.
    current: u32,
    shim: u32,
    /// The types of the polyfill's resources, by interface and name.
    resources: HashMap<(String, String), u32>,
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
        let signature = polyfill.signature(&call.interface, &call.function).map_err(Trouble::new)?;
        let export = format!("{}#{}", call.interface, call.function);
        entries.push(Entry { name, export, signature, realloc: call.realloc });
    }
    entries.push(Entry::of_handle(DROP_DESCRIPTOR));
    let resources = polyfill.resources().into_iter();
    entries.extend(resources.map(|(_, (interface, name))| Entry::of_handle(&destructor(interface, name))));
    Ok(entries)
}

impl<'a> Inside<'a> {
    /// The shim, which is there before everything of the guest, and the polyfill's resources.
    pub fn begin(out: &mut Output, polyfill: &'a Polyfill<'a>, survey: &Survey) -> Result<Self, Trouble> {
        let entries = entries(polyfill, survey)?;
        let shim = out.instantiate(&shim(&entries), &[]);
        let mut inside = Self { polyfill, entries, current: shim, shim, resources: HashMap::new() };
        for (_, resource) in polyfill.resources() {
            let destructor = out.core_function(shim, &destructor(&resource.0, &resource.1));
            let ty = out.ty(|section| {
                section.resource(ValType::I32, Some(destructor));
            });
            inside.resources.insert(resource.clone(), ty);
        }
        Ok(inside)
    }

    /// The function that stands for a call of the polyfill.
    pub fn call(&self, out: &mut Output, call: &Call) -> u32 {
        out.core_function(self.current, &entry_name(call))
    }

    /// The function that stands for the drop of a descriptor.
    pub fn drop_descriptor(&self, out: &mut Output) -> u32 {
        out.core_function(self.current, DROP_DESCRIPTOR)
    }

    /// The type of a resource that an interface has. It may be that of another interface.
    pub fn resource(&self, interface: &str, name: &str) -> Option<u32> {
        let own = self.resources.get(&(interface.to_owned(), name.to_owned()));
        own.or_else(|| self.resources.iter().find(|((_, own), _)| own == name).map(|(_, ty)| ty)).copied()
    }

    /// Lowers a function of the guest's files for this memory.
    fn lower(&self, out: &mut Output, files: u32, name: &str, memory: u32, realloc: u32) -> Result<u32, Trouble> {
        let id = self
            .polyfill
            .function(&self.polyfill.files, name)
            .ok_or_else(|| Trouble::new(format!("{name} is unknown")))?;
        let types = self.polyfill.types();
        let returns_list = Signature::of(types, &types[id]).is_ok_and(|it| it.returns_list);
        let alias = Alias::InstanceExport { instance: files, kind: ComponentExportKind::Func, name };
        let function = out.alias(alias, Space::Function);
        let mut options = vec![CanonicalOption::UTF8, CanonicalOption::Memory(memory)];
        if returns_list {
            options.push(CanonicalOption::Realloc(realloc));
        }
        Ok(out.canonical(|section| section.lower(function, options)))
    }

    pub fn put(&mut self, out: &mut Output, files: u32, memory: u32, reallocs: &[u32]) -> Result<(), Trouble> {
        let polyfill = self.polyfill;
        let base = out.instantiate(&base(polyfill.pages), &[]);
        let memory_alias = Alias::CoreInstanceExport { instance: base, kind: ExportKind::Memory, name: "memory" };
        let own_memory = out.alias(memory_alias, Space::CoreMemory);
        let realloc = out.core_function(base, "realloc");

        let host_read = self.lower(out, files, "[method]descriptor.read", memory, realloc)?;
        let host_write = self.lower(out, files, "[method]descriptor.write", memory, realloc)?;
        let host = out.functions(&[("read", host_read), ("write", host_write)]);
        let guest = out.items(&[("memory", ExportKind::Memory, memory)]);
        let numbers: Vec<String> = (0..reallocs.len()).map(|index| index.to_string()).collect();
        let named: Vec<_> = numbers.iter().map(String::as_str).zip(reallocs.iter().copied()).collect();
        let reallocs_instance = out.functions(&named);
        let args = [("guest", guest), ("base", base), ("host", host), ("realloc", reallocs_instance)];
        let reach = out.instantiate(&reach(reallocs.len()), &args);
        let outward = out.instantiate(&outward(), &[("base", base), ("reach", reach)]);

        let alias = Alias::InstanceExport { instance: files, kind: ComponentExportKind::Type, name: "descriptor" };
        let descriptor = out.alias(alias, Space::Type);
        let core = self.polyfill_instance(out, files, own_memory, realloc, descriptor, [base, reach, outward])?;

        let mut resources: Vec<(ResourceId, String)> = Vec::new();
        let mut reps = Vec::new();
        for (id, (interface, name)) in polyfill.resources() {
            let ty = self.resources[&(interface.clone(), name.clone())];
            let rep = out.canonical(|section| section.resource_rep(ty));
            let name = format!("{interface}#{name}");
            resources.push((id, name.clone()));
            reps.push((name, rep));
        }
        let reps: Vec<_> = reps.iter().map(|(name, function)| (name.as_str(), *function)).collect();
        let resource = out.functions(&reps);
        let args = [("guest", guest), ("base", base), ("reach", reach), ("resource", resource), ("polyfill", core)];
        self.current = out.instantiate(&front(&self.entries, &resources), &args);
        let table = Alias::CoreInstanceExport { instance: self.shim, kind: ExportKind::Table, name: "table" };
        let table = out.alias(table, Space::CoreTable);
        let table = out.items(&[("table", ExportKind::Table, table)]);
        out.instantiate(&fixup(&self.entries), &[("shim", table), ("front", self.current)]);
        Ok(())
    }

    /// The instance of the polyfill's module, with all that it imports.
    fn polyfill_instance(
        &self,
        out: &mut Output,
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
                ("reach", "aim") => out.core_function(base, name),
                ("reach", "store") => out.core_function(outward, name),
                ("reach", _) => out.core_function(reach, name),
                ("descriptor", "drop") => out.canonical(|section| section.resource_drop(descriptor)),
                // A borrowed descriptor is the guest's: its end means nothing here.
                (_, "[resource-drop]descriptor") => out.core_function(base, "nothing"),
                _ if module == self.polyfill.files.name => self.lower(out, files, name, memory, realloc)?,
                _ => self.builtin(out, module, name)?,
            };
            if !modules.contains(&module) {
                modules.push(module);
            }
            functions.entry(module).or_default().push((name, function));
        }
        let memory = out.items(&[("memory", ExportKind::Memory, memory)]);
        let mut args = vec![("env", memory)];
        for module in modules {
            args.push((module, out.functions(&functions[module])));
        }
        Ok(out.instantiate(self.polyfill.module, &args))
    }

    /// A function of the canonical ABI for a resource of the polyfill.
    fn builtin(&self, out: &mut Output, module: &str, name: &str) -> Result<u32, Trouble> {
        let unknown = || Trouble::new(format!("the polyfill imports {module}#{name}"));
        let interface = module.strip_prefix("[export]").ok_or_else(unknown)?;
        let (verb, resource) = name.strip_prefix('[').and_then(|rest| rest.split_once(']')).ok_or_else(unknown)?;
        let ty = *self.resources.get(&(interface.to_owned(), resource.to_owned())).ok_or_else(unknown)?;
        match verb {
            "resource-new" => Ok(out.canonical(|section| section.resource_new(ty))),
            "resource-rep" => Ok(out.canonical(|section| section.resource_rep(ty))),
            "resource-drop" => Ok(out.canonical(|section| section.resource_drop(ty))),
            _ => Err(unknown()),
        }
    }
}
