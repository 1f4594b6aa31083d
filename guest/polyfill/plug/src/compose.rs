//! The composition of a guest with the polyfill.

use std::error::Error;
use std::fmt;
use wac_graph::types::{are_semver_compatible, Package};
use wac_graph::{CompositionGraph, EncodeOptions, NodeId, PackageId};
use wasmparser::{Parser, Validator, WasmFeatures};

/// Only the polyfill exports interfaces of this package.
const PACKAGE: &str = "wasi-mmap:mmap/";
const MAPPING: &str = "wasi-mmap:mmap/mapping";

/// The reason why a guest is not plugged. The message follows the name of the guest.
pub enum Refusal {
    NothingToPlug,
    Misfit(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingToPlug => write!(formatter, "does not import {MAPPING}: there is nothing to plug"),
            Self::Misfit(reason) => formatter.write_str(reason),
        }
    }
}

/// An error with its causes, in one line.
pub fn because(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let reason = inner.to_string();
        // Some errors repeat their cause.
        if !text.contains(&reason) {
            text.push_str(": ");
            text.push_str(&reason);
        }
        cause = inner.source();
    }
    text.replace('\n', ": ")
}

fn interface(name: &str) -> &str {
    name.split_once('@').map_or(name, |(interface, _)| interface)
}

fn register(graph: &mut CompositionGraph, name: &str, bytes: &[u8]) -> Result<PackageId, String> {
    let package = Package::from_bytes(name, None, bytes, graph.types_mut()).map_err(|error| because(error.as_ref()))?;
    graph.register_package(package).map_err(|error| because(&error))
}

fn imports(graph: &CompositionGraph, package: PackageId) -> Vec<String> {
    graph.types()[graph[package].ty()].imports.keys().cloned().collect()
}

fn exports(graph: &CompositionGraph, package: PackageId) -> Vec<String> {
    graph.types()[graph[package].ty()].exports.keys().cloned().collect()
}

/// Connects each import of the guest with the export of the polyfill of the same or a compatible version.
fn connect(graph: &mut CompositionGraph, guest: PackageId, polyfill: PackageId) -> Result<NodeId, String> {
    let offered = exports(graph, polyfill);
    let (front, back) = (graph.instantiate(polyfill), graph.instantiate(guest));
    for import in imports(graph, guest) {
        let Some(export) = offered.iter().find(|export| are_semver_compatible(export, &import)) else {
            if import.starts_with(PACKAGE) {
                return Err(format!("imports {import}, which the polyfill does not have"));
            }
            continue;
        };
        let given = graph.alias_instance_export(front, export).map_err(|error| because(&error));
        given
            .and_then(|given| graph.set_instantiation_argument(back, &import, given).map_err(|error| because(&error)))
            .map_err(|reason| format!("imports {import}, which does not fit the polyfill: {reason}"))?;
    }
    Ok(back)
}

/// Exports everything that the guest exports.
fn export(graph: &mut CompositionGraph, guest: PackageId, plugged: NodeId) -> Result<(), String> {
    for name in exports(graph, guest) {
        let node = graph.alias_instance_export(plugged, &name).map_err(|error| because(&error))?;
        graph.export(node, &name).map_err(|error| because(&error))?;
    }
    Ok(())
}

/// Checks that the parts fit. It leaves the code in them to the engine.
fn validate(component: &[u8]) -> Result<(), String> {
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload.map_err(|error| because(&error))?;
        validator.payload(&payload).map_err(|error| because(&error))?;
    }
    Ok(())
}

/// Returns the guest with the polyfill in front of it.
pub fn plug(guest: &[u8], polyfill: &[u8]) -> Result<Vec<u8>, Refusal> {
    let says = |what: &'static str| move |reason| Refusal::Misfit(format!("{what}: {reason}"));
    let mut graph = CompositionGraph::new();
    let polyfill = register(&mut graph, "wasi-mmap:polyfill", polyfill).map_err(says("met a broken polyfill"))?;
    let guest = register(&mut graph, "wasi-mmap:guest", guest).map_err(says("is no valid component"))?;
    if !imports(&graph, guest).iter().any(|import| interface(import) == MAPPING) {
        return Err(Refusal::NothingToPlug);
    }
    let plugged = connect(&mut graph, guest, polyfill).map_err(Refusal::Misfit)?;
    export(&mut graph, guest, plugged).map_err(says("cannot be plugged"))?;
    let options = EncodeOptions { validate: false, ..EncodeOptions::default() };
    let component = graph.encode(options).map_err(|error| because(&error)).map_err(says("cannot be plugged"))?;
    validate(&component).map_err(says("does not fit the polyfill"))?;
    Ok(component)
}
