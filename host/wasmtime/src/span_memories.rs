//! The memory of guests that may attach spans: it must not move.

use crate::native::{span_granularity, Memory, Region};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use wasmtime::{bail, Config, LinearMemory, MemoryCreator, MemoryType, Result};

/// The bytes that 32-bit addresses reach.
const ADDRESSES_32: usize = 1 << 32;
/// The bytes that a memory with 64-bit addresses may grow to, unless the engine or its type says more.
const ADDRESSES_64: usize = 1 << 36;

type Memories = Mutex<BTreeMap<usize, Arc<Memory>>>;

/// The memories of guests in which spans of files can lie. They never move, and end their spans when they are released.
///
/// After [`Self::configure`], an engine allocates the memory of its guests here. The guests of a store may attach spans if
/// its [`WasiMmapCtx`](crate::WasiMmapCtx) was built with
/// [`WasiMmapCtxBuilder::spans`](crate::WasiMmapCtxBuilder::spans).
///
/// ```
/// use wasmtime::{Config, Engine};
/// use wasmtime_wasi_mmap::{SpanMemories, WasiMmapCtx};
///
/// let memories = SpanMemories::new();
/// let mut config = Config::new();
/// memories.configure(&mut config);
/// let engine = Engine::new(&config)?;
/// // For each store of the engine:
/// let ctx = WasiMmapCtx::builder().spans(&memories).build();
/// # Ok::<(), wasmtime::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct SpanMemories(Arc<Memories>);

impl SpanMemories {
    /// Returns an empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Has the engines of a configuration allocate the memory of their guests here.
    ///
    /// It sets [`Config::with_host_memory`], and therefore turns [`Config::memory_init_cow`] off; with that turned on again,
    /// wasmtime panics when it instantiates. A guest's memory takes 4 GiB of addresses; one with 64-bit addresses grows to
    /// 64 GiB at most, unless its type or [`Config::memory_reservation`] says more. The pooling allocator and shared
    /// memories do not come from here: there, `attach` is `unsupported`. On systems without spans it does nothing.
    pub fn configure(&self, config: &mut Config) {
        if span_granularity().is_some() {
            config.with_host_memory(Arc::new(Creator(Arc::clone(&self.0)))).memory_init_cow(false);
        }
    }

    /// The memory that the region lies in, if it was allocated here.
    pub(crate) fn find(&self, region: Region) -> Option<Arc<Memory>> {
        let memories = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, memory) = memories.range(..=region.address).next_back()?;
        memory.contains(region).then(|| Arc::clone(memory))
    }
}

struct Creator(Arc<Memories>);

/// The memory of one guest, as wasmtime holds it.
struct GuestMemory {
    memory: Arc<Memory>,
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
        let memory = Arc::new(memory);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(memory.base().addr(), Arc::clone(&memory));
        drop(all);
        let mut memory = GuestMemory { memory, size: 0, capacity, all: Arc::downgrade(&self.0) };
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
        if size > self.size && !self.memory.commit(pages(self.size), pages(size)) {
            bail!("no memory is left");
        }
        self.size = self.size.max(size);
        Ok(())
    }

    fn as_ptr(&self) -> *mut u8 {
        self.memory.base()
    }
}

impl Drop for GuestMemory {
    fn drop(&mut self) {
        if let Some(all) = self.all.upgrade() {
            all.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.memory.base().addr());
        }
        // SAFETY: wasmtime drops a memory when nothing can use it again.
        unsafe { self.memory.release() };
    }
}
