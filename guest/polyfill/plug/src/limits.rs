//! Limits of the instances that a component makes. Translators instantiate by copying, so a small component can stand for more
//! than any machine holds.

use crate::compose::because;
use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind, ComponentTypeRef, Error, Parser,
    Payload,
};

/// The deepest nesting of components.
const DEEPEST: usize = 32;
/// The most instances, and functions that are lifted or lowered, counted in each instance of a component.
const MOST_ITEMS: u64 = 10_000;

pub fn no_valid(error: &Error) -> String {
    format!("is no valid component: {}", because(error))
}

/// A component, or a module in one.
struct Frame {
    is_component: bool,
    /// For each of its components, the items that an instance of it makes, if known.
    components: Vec<Option<u64>>,
    items: u64,
}

/// Counts the parts of a component in their order.
pub struct Limits {
    frames: Vec<Frame>,
}

impl Limits {
    pub fn new() -> Self {
        Self { frames: vec![Frame { is_component: true, components: Vec::new(), items: 0 }] }
    }

    fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("a part belongs to a module or component")
    }

    fn enter(&mut self, is_component: bool) -> Result<(), String> {
        if self.frames.len() > DEEPEST {
            return Err(format!("has components in components, more than {DEEPEST} deep"));
        }
        self.frames.push(Frame { is_component, components: Vec::new(), items: 0 });
        Ok(())
    }

    fn leave(&mut self) {
        let Frame { is_component, items, .. } = self.frames.pop().expect("an end follows a begin");
        if let Some(outer) = self.frames.last_mut().filter(|_| is_component) {
            outer.components.push(Some(items));
        }
    }

    fn count(&mut self, items: u64) -> Result<(), String> {
        let frame = self.frame();
        frame.items = frame.items.saturating_add(items);
        if frame.items <= MOST_ITEMS {
            return Ok(());
        }
        Err(format!("makes more than {MOST_ITEMS} instances and functions"))
    }

    /// The items that an instance of a component makes, `count` components further out.
    fn component(&self, count: u32, index: u32) -> Option<u64> {
        let depth = self.frames.len().checked_sub(1)?.checked_sub(usize::try_from(count).ok()?)?;
        *self.frames[depth].components.get(usize::try_from(index).ok()?)?
    }

    fn alias(&mut self, alias: &ComponentAlias<'_>) {
        match alias {
            ComponentAlias::InstanceExport { kind: ComponentExternalKind::Component, .. } => {
                self.frame().components.push(None);
            }
            ComponentAlias::Outer { kind: ComponentOuterAliasKind::Component, count, index } => {
                let items = self.component(*count, *index);
                self.frame().components.push(items);
            }
            _ => {}
        }
    }

    fn instance(&mut self, instance: &ComponentInstance<'_>) -> Result<(), String> {
        let items = match instance {
            ComponentInstance::Instantiate { component_index, .. } => self.component(0, *component_index),
            ComponentInstance::FromExports(_) => Some(0),
        };
        let items = items.ok_or("instantiates a component that it is given, which is not supported")?;
        self.count(items.saturating_add(1))
    }

    /// # Errors
    ///
    /// A message that follows the name of the component: it is malformed or too large.
    pub fn take(&mut self, payload: &Payload<'_>) -> Result<(), String> {
        match payload {
            Payload::ModuleSection { .. } => self.enter(false)?,
            Payload::ComponentSection { .. } => self.enter(true)?,
            Payload::End(_) => self.leave(),
            Payload::InstanceSection(section) => self.count(u64::from(section.count()))?,
            Payload::ComponentCanonicalSection(section) => self.count(u64::from(section.count()))?,
            // Reading nested types fails where they are too deep for the stack.
            Payload::CoreTypeSection(section) => {
                section.clone().into_iter().try_for_each(|ty| ty.map(|_| ())).map_err(|error| no_valid(&error))?;
            }
            Payload::ComponentTypeSection(section) => {
                section.clone().into_iter().try_for_each(|ty| ty.map(|_| ())).map_err(|error| no_valid(&error))?;
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section.clone() {
                    self.alias(&alias.map_err(|error| no_valid(&error))?);
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section.clone() {
                    self.instance(&instance.map_err(|error| no_valid(&error))?)?;
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section.clone() {
                    match import.map_err(|error| no_valid(&error))?.ty {
                        ComponentTypeRef::Component(_) => self.frame().components.push(None),
                        ComponentTypeRef::Instance(_) => self.count(1)?,
                        _ => {}
                    }
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section.clone() {
                    let export = export.map_err(|error| no_valid(&error))?;
                    // An export has an index of its own.
                    if export.kind == ComponentExternalKind::Component {
                        let items = self.component(0, export.index);
                        self.frame().components.push(items);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Checks that a component can be translated. It does not validate the component.
///
/// # Errors
///
/// A message that follows the name of the component.
pub fn measure(component: &[u8]) -> Result<(), String> {
    let mut limits = Limits::new();
    for payload in Parser::new(0).parse_all(component) {
        limits.take(&payload.map_err(|error| no_valid(&error))?)?;
    }
    Ok(())
}
