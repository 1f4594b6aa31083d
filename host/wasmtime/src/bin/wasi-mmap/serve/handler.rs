//! Has an instance handle a request, within the limits.

use super::answer::{guests, words, Answer};
use super::exchange::Exchange;
use super::instances::{Instance, Instances};
use super::options::ServeOptions;
use http::{header, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::Arc;
use tokio::sync::{oneshot, OwnedSemaphorePermit, Semaphore};
use tokio::time::{timeout_at, Instant};
use wasmtime::Result;
use wasmtime_wasi::I32Exit;
use wasmtime_wasi_http::p2::bindings::http::types::{ErrorCode, Scheme};
use wasmtime_wasi_http::{WasiBody, WasiHttpView};

type GuestResponse = Result<Response<WasiBody>, ErrorCode>;

pub struct Server {
    instances: Instances,
    pub options: ServeOptions,
    /// Those of requests that may run.
    permits: Arc<Semaphore>,
    next_id: AtomicU64,
}

/// What the guest of a request needs.
struct Task {
    request: Request<Incoming>,
    respond: oneshot::Sender<GuestResponse>,
    /// Whether the client got all.
    ended: oneshot::Receiver<bool>,
    exchange: Arc<Exchange>,
    deadline: Instant,
    /// Held while the guest runs.
    permit: OwnedSemaphorePermit,
}

/// A failure of a guest as one sentence.
fn reason(error: &wasmtime::Error) -> String {
    match error.downcast_ref::<I32Exit>() {
        Some(I32Exit(code)) => format!("the component exited with {code}"),
        None => format!("the component failed: {}", error.root_cause()),
    }
}

impl Server {
    pub fn new(instances: Instances, options: ServeOptions) -> Self {
        let permits = Arc::new(Semaphore::new(options.max_requests as usize));
        Self { instances, options, permits, next_id: AtomicU64::new(1) }
    }

    /// The number of requests that guests handle now.
    pub fn running(&self) -> usize {
        self.options.max_requests as usize - self.permits.available_permits()
    }

    /// Waits until no guest handles a request.
    pub async fn idle(&self) {
        let _ = self.permits.acquire_many(self.options.max_requests).await; // It is never closed.
    }

    pub async fn drop_old_instances(self: Arc<Self>) {
        self.instances.drop_old().await;
    }

    /// Answers a request, whatever its guest does.
    pub async fn respond(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Answer>, Infallible> {
        let deadline = Instant::now() + self.options.timeout;
        let (head, body) = request.into_parts();
        let exchange = Arc::new(Exchange::new(self.next_id.fetch_add(1, Ordering::Relaxed), &head));
        let method = head.method.clone();
        let has_host = head.headers.get(header::HOST).is_some_and(|host| host.to_str().is_ok());
        if !has_host && head.uri.authority().is_none() {
            return Ok(words(exchange, StatusCode::BAD_REQUEST));
        }
        if method == Method::CONNECT {
            return Ok(words(exchange, StatusCode::NOT_IMPLEMENTED));
        }
        let Ok(Ok(permit)) = timeout_at(deadline, Arc::clone(&self.permits).acquire_owned()).await else {
            exchange.fail("too many requests");
            return Ok(words(exchange, StatusCode::SERVICE_UNAVAILABLE));
        };
        let (respond, responded) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let request = Request::from_parts(head, body);
        let task = Task { request, respond, ended, exchange: Arc::clone(&exchange), deadline, permit };
        tokio::spawn(Arc::clone(&self).run(task));
        Ok(match responded.await {
            Ok(Ok(response)) => guests(exchange, &method, response, end),
            Ok(Err(error)) => {
                exchange.fail(&format!("the component answered with an error: {error:?}"));
                words(exchange, StatusCode::INTERNAL_SERVER_ERROR)
            }
            // The task has said why.
            Err(_) if Instant::now() >= deadline => words(exchange, StatusCode::GATEWAY_TIMEOUT),
            Err(_) => words(exchange, StatusCode::INTERNAL_SERVER_ERROR),
        })
    }

    /// Has an instance handle the request, and keeps it for another if it may be.
    async fn run(self: Arc<Self>, task: Task) {
        let Task { request, respond, ended, exchange, deadline, permit } = task;
        let late = || exchange.fail(&format!("more than {} s", self.options.timeout.as_secs_f64()));
        let mut instance = match timeout_at(deadline, self.instances.take(&self.options, exchange.id)).await {
            Ok(Ok(instance)) => instance,
            Ok(Err(error)) => return exchange.fail(&reason(&error)),
            Err(_) => return late(),
        };
        instance.begin(exchange.id);
        let answered = Arc::new(AtomicBool::new(false));
        // What fails is noted before the instance, and with it the response, is dropped.
        match timeout_at(deadline, call(&mut instance, request, respond, Arc::clone(&answered))).await {
            Ok(Ok(())) if answered.load(Ordering::Relaxed) => {}
            Ok(Ok(())) => return exchange.fail("the component did not respond"),
            Ok(Err(error)) => {
                let exited = matches!(error.downcast_ref(), Some(I32Exit(0)));
                if !(exited && answered.load(Ordering::Relaxed)) {
                    exchange.fail(&reason(&error));
                }
                return;
            }
            Err(_) => return late(),
        }
        if self.options.reuse > 1 {
            // A guest may leave its response open: until it has ended, the instance is not kept.
            match timeout_at(deadline, ended).await {
                Ok(Ok(true)) => self.instances.give_back(instance, &self.options),
                Ok(_) => {}
                Err(_) => late(),
            }
        }
        drop(permit);
    }
}

async fn call(
    instance: &mut Instance,
    request: Request<Incoming>,
    respond: oneshot::Sender<GuestResponse>,
    answered: Arc<AtomicBool>,
) -> Result<()> {
    let Instance { store, proxy, .. } = instance;
    let mut http = store.data_mut().http();
    let request = http.new_incoming_request(Scheme::Http, request)?;
    let response = http.new_response_outparam_from_callback(move |response| {
        answered.store(true, Ordering::Relaxed);
        let _ = respond.send(response); // The client may have gone.
    })?;
    proxy.wasi_http_incoming_handler().call_handle(store, request, response).await
}
