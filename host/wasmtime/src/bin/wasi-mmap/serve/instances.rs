//! The instances that handle requests: a new one for each, or one that has handled others.

use super::options::ServeOptions;
use super::output::GuestOutput;
use crate::state::{wasi, State, HOSTCALL_FUEL};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use wasmtime::{Result, Store};
use wasmtime_wasi_http::p2::bindings::{Proxy, ProxyPre};
use wasmtime_wasi_mmap::SpanEngine;

/// An instance that was idle for so long is dropped.
const LONGEST_REST: Duration = Duration::from_secs(10);

pub struct Instance {
    pub store: Store<State>,
    pub proxy: Proxy,
    output: [GuestOutput; 2],
    requests: u32,
    rests_since: Instant,
}

impl Instance {
    /// Begins with a request.
    pub fn begin(&mut self, request: u64) {
        self.requests += 1;
        for output in &self.output {
            output.begin(request);
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        for output in &self.output {
            output.end();
        }
    }
}

pub struct Instances {
    proxy: ProxyPre<State>,
    spans: SpanEngine,
    /// The last one is the next to be used.
    idle: Mutex<Vec<Instance>>,
}

impl Instances {
    pub fn new(proxy: ProxyPre<State>, spans: SpanEngine) -> Self {
        Self { proxy, spans, idle: Mutex::default() }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Instance>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes an instance, or takes an idle one.
    ///
    /// # Errors
    ///
    /// That of a directory that is gone, of an instance that is larger than its limit or traps as it starts.
    pub async fn take(&self, options: &ServeOptions, request: u64) -> Result<Instance> {
        let idle = self.idle().pop();
        if let Some(instance) = idle {
            return Ok(instance);
        }
        let output = [GuestOutput::new("stdout"), GuestOutput::new("stderr")];
        for stream in &output {
            stream.begin(request);
        }
        let [stdout, stderr] = output.clone();
        let wasi = wasi(&options.run)?.stdout(stdout).stderr(stderr).build();
        let mut state = State::new(wasi, options.outgoing, &options.run, &self.spans);
        state.memory.max = Some(options.max_memory);
        let mut store = Store::new(self.proxy.engine(), state);
        store.limiter(|state| &mut state.memory);
        store.set_hostcall_fuel(HOSTCALL_FUEL);
        // A guest lets others run at each tick, and ends where its future is dropped.
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        let proxy = self.proxy.instantiate_async(&mut store).await?;
        Ok(Instance { store, proxy, output, requests: 0, rests_since: Instant::now() })
    }

    /// Keeps an instance for another request, if it may handle one.
    pub fn give_back(&self, mut instance: Instance, options: &ServeOptions) {
        if instance.requests < options.reuse {
            instance.rests_since = Instant::now();
            self.idle().push(instance);
        }
    }

    /// Drops the instances that were idle for long, from time to time.
    pub async fn drop_old(&self) {
        loop {
            tokio::time::sleep(LONGEST_REST / 2).await;
            let old: Vec<_> = {
                let mut idle = self.idle();
                let fresh = idle.iter().position(|instance| instance.rests_since.elapsed() < LONGEST_REST);
                let count = fresh.unwrap_or(idle.len());
                idle.drain(..count).collect()
            };
            drop(old);
        }
    }
}
