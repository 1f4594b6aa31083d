//! Says what a component imports, and which hosts can run it.

use crate::guest::{exports_of, is_of_0_3, is_wasi_0_3, outside, unversioned, validate, Generation};
use crate::hosts::{check, Purpose};
use crate::limits::measure;
use crate::names::shown;
use crate::plug::{plug, Plugged, Refusal, PACKAGE};
use crate::seal::{self, seal_either};
use serde::Serialize;
use std::fmt::Write;
use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::TypesRef;
use wasmparser::{Parser, Payload, WasmFeatures};

/// The files that ship with the commands: the polyfill to compose and the one to fuse, and what Node provides in each generation.
pub struct Shipped<'a> {
    pub polyfill: &'a [u8],
    pub fused: &'a [u8],
    pub provided: &'a [u8],
    pub provided_0_3: &'a [u8],
}

/// An import or export, and its functions if it is an interface.
#[derive(Serialize)]
struct Interface {
    name: String,
    functions: Vec<String>,
}

/// What `plug` makes of the component.
#[derive(Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Form {
    Fused,
    Composed,
    /// The component imports nothing of the polyfill.
    Unused,
    Refused,
}

#[derive(Serialize)]
struct Polyfill {
    form: Form,
    /// Why it is not fused.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Serialize)]
struct Verdict {
    host: &'static str,
    runs: bool,
    /// The condition under which the host runs the component, or the reason why it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// What is said of a component: the fields of the JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// `command`, `server` or `library`.
    kind: &'static str,
    /// The generations of WASI that it takes.
    wasi: Vec<&'static str>,
    /// Its size.
    bytes: usize,
    core_modules: usize,
    imports: Vec<Interface>,
    exports: Vec<Interface>,
    polyfill: Polyfill,
    hosts: Vec<Verdict>,
}

fn interface(name: &str, ty: Option<ComponentEntityType>, types: TypesRef<'_>) -> Interface {
    let items = ty.iter().flat_map(|ty| exports_of(types, ty));
    let functions = items.filter(|(_, ty)| matches!(ty, ComponentEntityType::Func(_)));
    Interface { name: name.to_owned(), functions: functions.map(|(name, _)| name.to_owned()).collect() }
}

fn polyfill(guest: &[u8], shipped: &Shipped<'_>) -> Polyfill {
    let (form, reason) = match plug(guest, shipped.polyfill, Some(shipped.fused)) {
        Ok(Plugged { composed: None, .. }) => (Form::Fused, None),
        Ok(Plugged { composed, .. }) => (Form::Composed, composed),
        Err(Refusal::NothingToPlug) => (Form::Unused, None),
        Err(Refusal::Misfit(reason)) => (Form::Refused, Some(format!("it {reason}"))),
    };
    Polyfill { form, reason }
}

/// Whether the command in Node runs the component, and what it takes.
fn in_node(guest: &[u8], shipped: &Shipped<'_>) -> Result<Option<String>, String> {
    match seal_either(guest, shipped.provided, shipped.provided_0_3) {
        Ok((_, Generation::Second)) => Ok(None),
        Ok((_, Generation::Third)) => Ok(Some("in Node 24.20 or newer, Bun 1.4, or Deno 2.9".to_owned())),
        Err(seal::Refusal::Broken(reason) | seal::Refusal::Misfit(reason)) => Err(format!("it {reason}")),
    }
}

/// What `check` says, as a reason.
fn allows(imports: &[&str], exports: &[&str], purpose: Purpose, native: bool) -> Result<(), String> {
    match check(imports, exports, purpose, native) {
        Ok(_) => Ok(()),
        // Without "is not a server", which the host's name says.
        Err(reason) => Err(format!("it {}", reason.rsplit_once(": it ").map_or(reason.as_str(), |(_, why)| why))),
    }
}

/// Whether the plain wasmtime runs a command, and what it takes.
fn in_plain_wasmtime(imports: &[&str], exports: &[&str], polyfill: &Polyfill) -> Result<Option<String>, String> {
    let plugged = matches!(polyfill.form, Form::Fused | Form::Composed);
    let rest: Vec<_> = imports.iter().copied().filter(|name| !(plugged && name.starts_with(PACKAGE))).collect();
    allows(&rest, exports, Purpose::Run, false)?;
    let takes = |test: fn(&str) -> bool| rest.iter().chain(exports).any(|name| test(name));
    let mut words = Vec::new();
    if plugged {
        words.push("after \"wasi-mmap plug\"");
    }
    if takes(is_wasi_0_3) {
        words.push("from version 46 on");
    }
    if takes(|name| name.starts_with("wasi:http/")) {
        words.push("with -S http");
    }
    Ok((!words.is_empty()).then(|| words.join(", ")))
}

/// Whether jco makes JavaScript of the component that runs in a browser, and what gives it its mapping.
fn in_browsers(imports: &[&str], polyfill: &Polyfill) -> Result<Option<String>, String> {
    if let Some(later) = imports.iter().find(|name| is_of_0_3(name)) {
        return Err(format!("it imports {later}, and files of browsers are of WASI 0.2"));
    }
    let others: Vec<_> =
        imports.iter().filter(|name| !name.starts_with("wasi:") && !name.starts_with(PACKAGE)).collect();
    let mut words = Vec::new();
    if polyfill.form != Form::Unused {
        words.push("with wasi-mmap/polyfill".to_owned());
    }
    words.extend(others.iter().map(|name| format!("the page provides {name}")));
    Ok((!words.is_empty()).then(|| words.join(", ")))
}

fn hosts(guest: &[u8], imports: &[&str], exports: &[&str], polyfill: &Polyfill, shipped: &Shipped<'_>) -> Vec<Verdict> {
    let own = |purpose| allows(imports, exports, purpose, true).map(|()| None);
    let all = [
        ("wasi-mmap run (wasmtime)", own(Purpose::Run)),
        ("wasi-mmap run (Node)", in_node(guest, shipped)),
        ("wasi-mmap serve", own(Purpose::Serve)),
        ("wasmtime run", in_plain_wasmtime(imports, exports, polyfill)),
        ("browsers, by jco", in_browsers(imports, polyfill)),
    ];
    let to_host = |(host, verdict): (_, Result<Option<String>, String>)| match verdict {
        Ok(note) => Verdict { host, runs: true, note },
        Err(reason) => Verdict { host, runs: false, note: Some(reason) },
    };
    all.map(to_host).into()
}

/// Looks at a component.
///
/// # Errors
///
/// A message that follows the name of the component: it is not valid.
pub fn inspect(guest: &[u8], shipped: &Shipped<'_>) -> Result<Report, String> {
    let no_valid = |reason| format!("is no valid component: {reason}");
    measure(guest)?; // Before the validator, for which nesting may be too deep.
    let types = validate(guest, WasmFeatures::all()).map_err(no_valid)?;
    let types = types.as_ref();
    let (imports, exports) = outside(guest).map_err(no_valid)?;
    let modules = Parser::new(0).parse_all(guest).filter(|part| matches!(part, Ok(Payload::ModuleSection { .. })));
    let is = |purpose: Purpose| exports.iter().any(|name| unversioned(name) == purpose.export());
    let takes =
        |version: &str| imports.iter().chain(&exports).any(|name| name.starts_with("wasi:") && name.contains(version));
    let polyfill = polyfill(guest, shipped);
    let to_interfaces = |names: &[&str], find: &dyn Fn(&str) -> Option<ComponentEntityType>| {
        names.iter().map(|name| interface(name, find(name), types)).collect()
    };
    Ok(Report {
        kind: match (is(Purpose::Run), is(Purpose::Serve)) {
            (true, _) => "command",
            (_, true) => "server",
            _ => "library",
        },
        wasi: [("@0.2.", "0.2"), ("@0.3.", "0.3")]
            .into_iter()
            .filter(|(at, _)| takes(at))
            .map(|(_, name)| name)
            .collect(),
        bytes: guest.len(),
        core_modules: modules.count(),
        imports: to_interfaces(&imports, &|name| types.component_item_for_import(name).map(|item| item.ty)),
        exports: to_interfaces(&exports, &|name| types.component_item_for_export(name).map(|item| item.ty)),
        hosts: hosts(guest, &imports, &exports, &polyfill, shipped),
        polyfill,
    })
}

/// A number of bytes, as people read it.
fn size(bytes: usize) -> String {
    #[allow(clippy::cast_precision_loss)] // For one decimal.
    let mut number = bytes as f64;
    let mut unit = "bytes";
    for larger in ["KiB", "MiB", "GiB"] {
        if number < 1024.0 {
            break;
        }
        number /= 1024.0;
        unit = larger;
    }
    if unit == "bytes" {
        format!("{bytes} bytes")
    } else {
        format!("{number:.1} {unit}")
    }
}

/// Names of an interface's functions as a programmer calls them: `mapping.read` for `[method]mapping.read`.
fn spoken(function: &str) -> &str {
    function.rsplit_once(']').map_or(function, |(_, name)| name)
}

/// A name of the component's maker, on a terminal.
fn name(text: &str) -> String {
    if text.chars().all(|c| c.is_ascii_graphic()) {
        text.to_owned()
    } else {
        shown(text)
    }
}

impl Report {
    /// As JSON, in one line.
    pub fn json(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers")
    }

    /// Interfaces of WASI: a line for each package and version.
    fn list_wasi(text: &mut String, interfaces: &[&Interface]) {
        let mut packages: Vec<(String, Vec<String>)> = Vec::new();
        for interface in interfaces {
            let (path, version) = interface.name.split_once('@').unwrap_or((&interface.name, ""));
            let (package, short) = path.split_once('/').unwrap_or((path, ""));
            let package = if version.is_empty() { name(package) } else { name(&format!("{package}@{version}")) };
            match packages.iter_mut().find(|(known, _)| *known == package) {
                Some((_, names)) => names.push(name(short)),
                None => packages.push((package, vec![name(short)])),
            }
        }
        if !packages.is_empty() {
            text.push_str("\nit imports of WASI\n");
        }
        for (package, names) in packages {
            let _ = writeln!(text, "  {package}: {}", names.join(", "));
        }
    }

    fn list(text: &mut String, title: &str, interfaces: &[&Interface], functions: bool) {
        if interfaces.is_empty() {
            return;
        }
        let _ = writeln!(text, "\n{title}");
        for interface in interfaces {
            let names: Vec<_> = interface.functions.iter().map(|function| name(spoken(function))).collect();
            let names = if functions && !names.is_empty() { format!(": {}", names.join(", ")) } else { String::new() };
            let _ = writeln!(text, "  {}{names}", name(&interface.name));
        }
    }

    /// As lines for people. The first one follows the name of the component.
    pub fn text(&self) -> String {
        let modules = if self.core_modules == 1 { "module" } else { "modules" };
        let wasi = match self.wasi.as_slice() {
            [] => "without WASI".to_owned(),
            versions => format!("of WASI {}", versions.join(" and ")),
        };
        let mut text = format!("a {} {wasi}, {}, {} core {modules}\n", self.kind, size(self.bytes), self.core_modules);
        let (ours, rest): (Vec<_>, Vec<_>) = self.imports.iter().partition(|import| import.name.starts_with(PACKAGE));
        let (wasi, others): (Vec<_>, Vec<_>) = rest.into_iter().partition(|import| import.name.starts_with("wasi:"));
        Self::list(&mut text, "it maps files by", &ours, true);
        Self::list_wasi(&mut text, &wasi);
        Self::list(&mut text, "it imports of others", &others, true);
        Self::list(&mut text, "it exports", &self.exports.iter().collect::<Vec<_>>(), false);
        let Polyfill { form, reason } = &self.polyfill;
        let reason = reason.as_ref().map(|reason| format!(", because {reason}")).unwrap_or_default();
        let form = match form {
            Form::Fused => "can be fused into it",
            Form::Composed => "can be composed with it, but not fused",
            Form::Unused => "is of no use to it: it maps no files",
            Form::Refused => "cannot be given to it",
        };
        let _ = writeln!(text, "\nthe polyfill {form}{reason}\n\nit runs in");
        let width = self.hosts.iter().map(|host| host.host.len()).max().unwrap_or_default();
        for Verdict { host, runs, note } in &self.hosts {
            let runs = if *runs { "yes" } else { "no" };
            let note = note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
            let _ = writeln!(text, "  {host:width$}  {runs}{note}");
        }
        text
    }
}
