//! The spans in the memories of one store, which end with them.

use crate::bindings::{ErrorCode, Outcome};
use crate::lock::lock;
use crate::native::{self, forget, Mapping, Region};
use crate::store::{address_of_state, keep};
use std::sync::{Arc, Mutex};
use wasmtime::StoreContextMut;

/// The spans in the memories of one store.
///
/// A span's pages are replaced only in calls of the store's guests, because the memory is alive then. Whoever drops the
/// resource of a span elsewhere leaves its pages to the store.
pub struct StoreSpans {
    /// Of the store's state.
    address: usize,
    /// None once the memories have gone.
    spans: Mutex<Option<Vec<Arc<native::Span>>>>,
    /// Regions whose spans could not be detached.
    stuck: Mutex<Vec<Region>>,
}

/// Those of all stores that have had spans.
static ALL: Mutex<Vec<Arc<StoreSpans>>> = Mutex::new(Vec::new());

/// A value that the store drops after its memories, or before: either way no guest of it runs again.
///
/// Until then a page that others lose at the same addresses would be taken for one of a span. It would show zeros instead of
/// ending the process, which is what the handler does for pages of ours.
struct End(Arc<StoreSpans>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.end(); // Before others cannot find them any more.
        lock(&ALL).retain(|other| !Arc::ptr_eq(other, &self.0));
    }
}

impl StoreSpans {
    /// Returns the spans of a store; `known` are those that its state knows, perhaps of another store where it was before.
    pub fn of<T: 'static>(store: &mut StoreContextMut<'_, T>, known: Option<Arc<Self>>) -> Arc<Self> {
        let address = address_of_state(store);
        if let Some(known) = known.filter(|known| known.is_at(address)) {
            return known;
        }
        let all = Arc::new(Self { address, spans: Mutex::new(Some(Vec::new())), stuck: Mutex::default() });
        lock(&ALL).push(Arc::clone(&all));
        keep(store, End(Arc::clone(&all)));
        all
    }

    /// Whether these are the spans of the store that keeps its state at this address, as only one that is alive can.
    pub fn is_at(&self, address: usize) -> bool {
        self.address == address && lock(&self.spans).is_some()
    }

    /// Attaches pages of the mapping's file.
    ///
    /// # Safety
    ///
    /// The region lies in a memory of this store, which does not move, and whose guest waits.
    pub unsafe fn attach(&self, mapping: &mut Mapping, offset: u64, region: Region) -> Outcome<Arc<native::Span>> {
        // SAFETY: the memory goes with its store, which then ends the spans; until then nobody else has its addresses. The
        // caller keeps the rest.
        let mut attach = || unsafe { native::Span::attach(mapping, offset, region) };
        let mut attached = attach();
        if matches!(attached, Err(ErrorCode::Busy)) && self.evict(region) {
            attached = attach();
        }
        let span = Arc::new(attached?);
        let mut spans = lock(&self.spans);
        spans.as_mut().ok_or(ErrorCode::Unsupported)?.push(Arc::clone(&span)); // No guest can call after the end.
        Ok(span)
    }

    /// Ends the spans of other stores at the addresses of a region of this one: their memory has gone, and the store is
    /// about to tell. Returns whether there were any.
    fn evict(&self, region: Region) -> bool {
        let others: Vec<_> = lock(&ALL)
            .iter()
            .filter(|other| other.address != self.address && other.has_any_at(region))
            .map(Arc::clone)
            .collect();
        for other in &others {
            other.abandon(); // This may wait for a flush.
        }
        !others.is_empty()
    }

    fn has_any_at(&self, region: Region) -> bool {
        lock(&self.stuck).iter().any(|stuck| stuck.overlaps(region))
            || lock(&self.spans).iter().flatten().any(|span| span.region.overlaps(region))
    }

    /// Puts memory in place of a span. It stays where the system refuses.
    ///
    /// # Safety
    ///
    /// The span is one of these, and the store's guest waits.
    pub unsafe fn detach(&self, span: &Arc<native::Span>) {
        if let Some(spans) = lock(&self.spans).as_mut() {
            spans.retain(|other| !Arc::ptr_eq(other, span));
        }
        // SAFETY: the memory is alive, because its store is. The caller keeps the rest.
        if !unsafe { span.detach() } {
            lock(&self.stuck).push(span.region);
        }
    }

    /// Forgets all pages: the memories have gone, or go before a guest can run again.
    fn abandon(&self) {
        // They stay in the list until it is done, so that who needs their addresses finds them and waits too.
        let spans: Vec<_> = lock(&self.spans).iter().flatten().map(Arc::clone).collect();
        for span in &spans {
            span.abandon();
        }
        lock(&self.spans).iter_mut().for_each(Vec::clear);
        lock(&self.stuck).drain(..).for_each(forget);
    }

    /// Does so, and says that there are no more.
    pub fn end(&self) {
        self.abandon();
        *lock(&self.spans) = None;
    }
}
