//! Memory of guests that the crate allocates, because an engine's own cannot hold spans. It does not move.

use crate::lock::lock;
use crate::native::{span_granularity, Memory, Region};
use crate::store_spans::StoreSpans;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, Weak};
use wasmtime::{bail, Config, LinearMemory, MemoryCreator, MemoryType, Result};

/// The bytes that 32-bit addresses reach.
const ADDRESSES_32: usize = 1 << 32;
/// The bytes that a memory with 64-bit addresses may grow to, unless the engine or its type says more.
const ADDRESSES_64: usize = 1 << 36;

/// A memory, and the spans of its store once there are some.
struct Known {
    memory: Memory,
    spans: OnceLock<Arc<StoreSpans>>,
}

type Memories = Mutex<BTreeMap<usize, Arc<Known>>>;

/// The memories of guests in which spans of files can lie. They end their spans when they are released.
#[derive(Clone, Default)]
pub struct GuestMemories(Arc<Memories>);

impl GuestMemories {
    /// Has the engines of a configuration allocate the memory of their guests here, on systems with spans.
    ///
    /// With [`Config::memory_init_cow`] wasmtime would panic when it instantiates.
    pub fn configure(&self, config: &mut Config) {
        if span_granularity().is_some() {
            config.with_host_memory(Arc::new(Creator(Arc::clone(&self.0)))).memory_init_cow(false);
        }
    }

    /// Has the memory that the region lies in end the spans of its store. Returns false if it was not allocated here.
    pub fn end_with(&self, region: Region, spans: &Arc<StoreSpans>) -> bool {
        let memories = lock(&self.0);
        let known = memories.range(..=region.address).next_back();
        let Some((_, known)) = known.filter(|(_, known)| known.memory.contains(region)) else { return false };
        Arc::ptr_eq(known.spans.get_or_init(|| Arc::clone(spans)), spans)
    }
}

struct Creator(Arc<Memories>);

/// The memory of one guest, as wasmtime holds it.
struct GuestMemory {
    known: Arc<Known>,
    size: usize,
    capacity: usize,
    all: Weak<Memories>,
}

fn page_up(size: usize) -> Option<usize> {
    const PAGE: usize = 1 << 16; // The largest of any system.
    size.checked_next_multiple_of(PAGE)
}

// SAFETY: the memory is zero-filled, and ends with at least as many unusable addresses as wasmtime asks for. Nobody else
// uses it except through spans, while a call of the guest waits for them.
unsafe impl MemoryCreator for Creator {
    fn new_memory(
        &self,
        ty: MemoryType,
        minimum: usize,
        maximum: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> std::result::Result<Box<dyn LinearMemory>, String> {
        let addresses = if ty.is_64() { maximum.unwrap_or(ADDRESSES_64).min(ADDRESSES_64) } else { ADDRESSES_32 };
        let capacity = addresses.max(minimum).max(reserved.unwrap_or(0));
        let capacity = page_up(capacity).ok_or("more memory than there are addresses")?;
        let total = page_up(guard).and_then(|guard| capacity.checked_add(guard));
        let memory = total.and_then(Memory::reserve).ok_or("no addresses are left for a memory")?;
        let known = Arc::new(Known { memory, spans: OnceLock::new() });
        let mut all = lock(&self.0);
        all.insert(known.memory.base().addr(), Arc::clone(&known));
        drop(all);
        let mut memory = GuestMemory { known, size: 0, capacity, all: Arc::downgrade(&self.0) };
        memory.grow_to(minimum).map_err(|error| error.to_string())?;
        Ok(Box::new(memory))
    }
}

// SAFETY: the base never changes, and `byte_size` bytes from it can be used.
unsafe impl LinearMemory for GuestMemory {
    fn byte_size(&self) -> usize {
        self.size
    }

    fn byte_capacity(&self) -> usize {
        self.capacity
    }

    fn grow_to(&mut self, size: usize) -> Result<()> {
        if size > self.capacity {
            bail!("the memory cannot move, and has no more addresses");
        }
        let pages = |size| page_up(size).unwrap_or(self.capacity);
        if size > self.size && !self.known.memory.commit(pages(self.size), pages(size)) {
            bail!("no memory is left");
        }
        self.size = self.size.max(size);
        Ok(())
    }

    fn as_ptr(&self) -> *mut u8 {
        self.known.memory.base()
    }
}

impl Drop for GuestMemory {
    fn drop(&mut self) {
        if let Some(all) = self.all.upgrade() {
            lock(&all).remove(&self.known.memory.base().addr());
        }
        // The first memory of the store that goes: no guest of it can run again.
        if let Some(spans) = self.known.spans.get() {
            spans.end();
        }
        // SAFETY: wasmtime drops a memory when nothing can use it again, and its spans have ended.
        unsafe { self.known.memory.release() };
    }
}
