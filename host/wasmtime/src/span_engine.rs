//! The engine of guests that may attach spans: its memories must not move.

#[cfg(not(target_os = "linux"))]
use crate::guest_memory::GuestMemories;
use crate::native::Region;
use crate::store_spans::StoreSpans;
use std::sync::Arc;
#[cfg(target_os = "linux")]
use wasmtime::{bail, Instance, InstanceAllocationStrategy, Store};
use wasmtime::{Config, Engine, Result};

/// An engine in the memory of whose guests spans of files can lie.
///
/// The guests of a store of this engine may attach spans if its [`WasiMmapCtx`](crate::WasiMmapCtx) was built with
/// [`WasiMmapCtxBuilder::spans`](crate::WasiMmapCtxBuilder::spans).
///
/// ```
/// use wasmtime::Config;
/// use wasmtime_wasi_mmap::{SpanEngine, WasiMmapCtx};
///
/// let spans = SpanEngine::new(&Config::new())?;
/// // For linkers, components and stores:
/// let engine = spans.engine();
/// // For each store of the engine:
/// let ctx = WasiMmapCtx::builder().spans(&spans).build();
/// # Ok::<(), wasmtime::Error>(())
/// ```
#[derive(Clone)]
pub struct SpanEngine {
    engine: Engine,
    #[cfg(not(target_os = "linux"))]
    memories: GuestMemories,
}

impl SpanEngine {
    /// Makes an engine.
    ///
    /// On Linux it is wasmtime's own with a few settings: memories are allocated [on
    /// demand](wasmtime::InstanceAllocationStrategy::OnDemand), [do not move](Config::memory_may_move), and begin
    /// [copy-on-write](Config::memory_init_cow). So an instance starts as fast as without spans. A memory grows to
    /// [`Config::memory_reservation`] at most, by default 4 GiB. The pooling allocator cannot have spans: it writes zeros
    /// over the memory of an instance that has ended, and so over the files that are mapped there.
    ///
    /// On Windows the crate allocates the memory of guests ([`Config::with_host_memory`]), because pages of files can
    /// replace only memory that was reserved for it, and wasmtime initializes such memory by copying. A memory takes 4 GiB
    /// of addresses; one with 64-bit addresses grows to 64 GiB at most, unless its type or [`Config::memory_reservation`]
    /// says more.
    ///
    /// On other systems there are no spans, and this is [`Engine::new`].
    ///
    /// # Errors
    ///
    /// Those of [`Engine::new`]. On Linux also: the configuration allocates memory by [`Config::with_host_memory`], or that
    /// cannot be found out because the program lacks a compiler (the features `cranelift` or `winch` of wasmtime) or the
    /// system lacks `/proc`: see [`Self::new_unchecked`].
    ///
    /// # Panics
    ///
    /// wasmtime itself may panic where [`Config::with_host_memory`] was called.
    pub fn new(config: &Config) -> Result<Self> {
        // SAFETY: the check follows.
        let spans = unsafe { Self::new_unchecked(config) }?;
        #[cfg(target_os = "linux")]
        if crate::native::span_granularity().is_some() {
            check_memory(&spans.engine)?;
        }
        Ok(spans)
    }

    /// Makes an engine as [`Self::new`] does, for programs that run what was compiled before and have no compiler.
    ///
    /// # Safety
    ///
    /// On Linux, [`Config::with_host_memory`] was not called on the configuration.
    ///
    /// # Errors
    ///
    /// Those of [`Engine::new`].
    pub unsafe fn new_unchecked(config: &Config) -> Result<Self> {
        let mut config = config.clone();
        #[cfg(target_os = "linux")]
        {
            config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
            config.memory_may_move(false).memory_init_cow(true);
            crate::native::let_children_inherit_guests();
            Ok(Self { engine: Engine::new(&config)? })
        }
        #[cfg(not(target_os = "linux"))]
        {
            let memories = GuestMemories::default();
            memories.configure(&mut config);
            Ok(Self { engine: Engine::new(&config)?, memories })
        }
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Whether a region of a guest of `engine` may hold spans, which end with the guest's store.
    pub(crate) fn may_hold(&self, engine: &Engine, region: Region, spans: &Arc<StoreSpans>) -> bool {
        if !Engine::same(&self.engine, engine) {
            return false;
        }
        #[cfg(target_os = "linux")]
        {
            // wasmtime's memories go with their store, before the values that it holds.
            let _ = (region, spans);
            true
        }
        #[cfg(not(target_os = "linux"))]
        self.memories.end_with(region, spans)
    }
}

/// `(module (memory (export "m") 1) (data (i32.const 0) "x"))`
#[cfg(target_os = "linux")]
const MODULE: &[u8] = b"\0asm\x01\0\0\0\x05\x03\x01\0\x01\x07\x05\x01\x01m\x02\0\x0b\x07\x01\0\x41\0\x0b\x01x";

/// Finds out that the memory of guests is wasmtime's own: it alone begins with the file that wasmtime makes of the data.
///
/// Other memory might be used for something else while pages of files are still there.
#[cfg(target_os = "linux")]
fn check_memory(engine: &Engine) -> Result<()> {
    let Some(module) = crate::compiler::compile(engine, MODULE) else {
        bail!("spans need an engine that can compile, or SpanEngine::new_unchecked");
    };
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let memory = instance.get_memory(&mut store, "m").map(|memory| memory.data_ptr(&store).addr());
    let areas = std::fs::read_to_string("/proc/self/maps")?;
    let own = memory.is_some_and(|start| {
        let start = format!("{start:x}-");
        areas.lines().any(|line| line.trim_start_matches('0').starts_with(&start) && line.contains("wasm-memory-image"))
    });
    if !own {
        bail!("spans need the memory that wasmtime allocates for guests, not that of Config::with_host_memory");
    }
    Ok(())
}
