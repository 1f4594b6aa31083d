//! Serves HTTP with a component that exports wasi:http/incoming-handler: an instance handles each request.

mod answer;
mod connection;
mod exchange;
mod handler;
mod instances;
pub mod options;
mod output;
mod stop;

use crate::options::{printable, UsageError};
use crate::output::say;
use crate::plug::Purpose;
use crate::run::{base_name, link, load, say_faults, Loaded};
use crate::state::{wasi, State};
use connection::serve_connection;
use handler::Server;
use instances::Instances;
use options::ServeOptions;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use stop::{first, Signals};
use tokio::net::TcpListener;
use tokio::sync::{watch, Semaphore};
use wasmtime::component::Linker;
use wasmtime::{Engine, Result};
use wasmtime_wasi_http::p2::bindings::ProxyPre;

/// How many connections are open at a time. With their requests they fit into the 1,024 files that most systems allow.
const CONNECTIONS: u32 = 512;
/// How often guests let others run.
const TICK: Duration = Duration::from_millis(5);
/// How often tokio looks at the network while guests compute: each task may take a tick.
const EVENT_INTERVAL: u32 = 13;
/// After an error of the system, such as too many open files.
const PAUSE: Duration = Duration::from_millis(50);

fn linker(engine: &Engine, native: bool) -> Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    if native {
        wasmtime_wasi_mmap::add_to_linker_async(&mut linker, State::mmap)?;
    }
    Ok(linker)
}

async fn listen(address: &str) -> Result<(TcpListener, SocketAddr), UsageError> {
    let cannot = |error| UsageError::refused(format!("cannot listen on {address}: {error}"));
    let listener = TcpListener::bind(address).await.map_err(cannot)?;
    let local = listener.local_addr().map_err(cannot)?;
    Ok((listener, local))
}

/// Has the guests of an engine let others run, for as long as there is an engine. A thread does it: guests that compute may
/// take all those of tokio.
fn tick(engine: &Engine) {
    let engine = engine.weak();
    std::thread::spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    });
}

/// Accepts connections until a signal comes, and waits for their ends.
async fn accept(listener: TcpListener, server: Arc<Server>) {
    let connections = Arc::new(Semaphore::new(CONNECTIONS as usize));
    let (stop, stopped) = watch::channel(());
    let mut signals = Signals::new();
    loop {
        // Past the limit clients wait in the system's queue.
        let accepted = async {
            let permit = Arc::clone(&connections).acquire_owned().await;
            (permit, listener.accept().await)
        };
        match first(accepted, signals.next()).await {
            Ok((permit, Ok((client, _)))) => {
                let (server, stopped) = (Arc::clone(&server), stopped.clone());
                tokio::spawn(async move {
                    serve_connection(client, server, stopped).await;
                    drop(permit);
                });
            }
            // A client that has gone, or too many open files.
            Ok((_, Err(_))) => tokio::time::sleep(PAUSE).await,
            Err(()) => break,
        }
    }
    drop(listener);
    let limit = server.options.timeout;
    say(&format!("wasi-mmap: stopping, within {} s", limit.as_secs_f64()));
    drop(stop);
    let ended = async {
        server.idle().await;
        let _ = connections.acquire_many(CONNECTIONS).await; // It is never closed.
    };
    if !matches!(first(tokio::time::timeout(limit, ended), signals.next()).await, Ok(Ok(()))) {
        say(&format!("wasi-mmap: {} requests did not end in time", server.running()));
    }
}

/// Serves until a signal ends it.
///
/// # Errors
///
/// A [`UsageError`] where the component cannot be read, compiled or linked or the address not be used, or an error of the
/// engine.
pub fn serve(options: ServeOptions) -> Result<()> {
    // The cheap checks come first.
    wasi(&options.run)?;
    let path = options.run.component.clone();
    let Loaded { spans, bytes, .. } = load(&options.run, Purpose::Serve)?;
    let linker = linker(spans.engine(), options.run.native)?;
    let proxy = link(&linker, (&path, &bytes), ProxyPre::new)?;
    drop(bytes);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // A page of a span that is not in memory blocks its thread while it is read.
        .worker_threads(2 * std::thread::available_parallelism().map_or(1, usize::from))
        .event_interval(EVENT_INTERVAL)
        .enable_all()
        .build()?;
    tick(spans.engine());
    let address = options.address.clone();
    let server = Arc::new(Server::new(Instances::new(proxy, spans), options));
    let outcome: Result<(), UsageError> = runtime.block_on(async {
        let (listener, local) = listen(&address).await?;
        if !local.ip().is_loopback() {
            say(&format!("wasi-mmap: {} is not loopback: other machines reach it, without encryption", local.ip()));
        }
        say(&printable(&format!("wasi-mmap: {} serves http://{local}/", base_name(&path))));
        tokio::spawn(Arc::clone(&server).drop_old_instances());
        accept(listener, server).await;
        Ok(())
    });
    // What still runs is given up.
    runtime.shutdown_background();
    outcome?;
    say_faults(&path);
    Ok(())
}
