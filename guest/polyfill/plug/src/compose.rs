//! The composition of a guest with the polyfill: two components, with the polyfill in front of the guest.

use crate::guest::{unversioned, validate};
use crate::plug::{Refusal, MAPPING, PACKAGE};
use std::error::Error;
use wac_graph::types::{are_semver_compatible, Package};
use wac_graph::{CompositionGraph, EncodeOptions, NodeId, PackageId};
use wasmparser::WasmFeatures;

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

/// A guest and the polyfill, which fit.
pub struct Composition(CompositionGraph);

impl Composition {
    /// Connects a guest that imports the polyfill's interface.
    pub fn new(guest: &[u8], polyfill: &[u8]) -> Result<Self, Refusal> {
        let says = |what: &'static str| move |reason| Refusal::Misfit(format!("{what}: {reason}"));
        let mut graph = CompositionGraph::new();
        let polyfill = register(&mut graph, "wasi-mmap:polyfill", polyfill).map_err(says("met a broken polyfill"))?;
        let guest = register(&mut graph, "wasi-mmap:guest", guest).map_err(says("is no valid component"))?;
        if !imports(&graph, guest).iter().any(|import| unversioned(import) == MAPPING) {
            return Err(Refusal::NothingToPlug);
        }
        let plugged = connect(&mut graph, guest, polyfill).map_err(Refusal::Misfit)?;
        export(&mut graph, guest, plugged).map_err(says("cannot be plugged"))?;
        Ok(Self(graph))
    }

    /// The guest with the polyfill in front of it.
    pub fn encode(&self) -> Result<Vec<u8>, Refusal> {
        let says = |what: &'static str| move |reason| Refusal::Misfit(format!("{what}: {reason}"));
        let options = EncodeOptions { validate: false, ..EncodeOptions::default() };
        let component = self.0.encode(options).map_err(|error| because(&error)).map_err(says("cannot be plugged"))?;
        validate(&component, WasmFeatures::all()).map_err(says("does not fit the polyfill"))?;
        Ok(component)
    }
}
