//! The thread that a call runs on, where it may wait for the system or take long.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use wasmtime_wasi::runtime::spawn_blocking;

#[derive(Clone, Copy, PartialEq)]
pub enum Scheduler {
    CallingThread,
    /// Tokio's threads for blocking work.
    BlockingThreads,
}

impl Scheduler {
    pub async fn run<R: Send + 'static>(self, work: impl FnOnce() -> R + Send + 'static) -> R {
        match self {
            Scheduler::CallingThread => work(),
            Scheduler::BlockingThreads => spawn_blocking(work).await,
        }
    }
}

/// Polls so often on this thread. A future that only lets other tasks run first is ready at the second time.
fn poll<R>(future: impl Future<Output = R>, times: usize) -> Option<R> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    (0..times).find_map(|_| match future.as_mut().poll(&mut context) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    })
}

/// Returns the result of a future that waits for nothing, as all work of [`Scheduler::CallingThread`] is.
pub fn ready<R>(future: impl Future<Output = R>) -> R {
    poll(future, 1).unwrap_or_else(|| unreachable!("Scheduler::CallingThread waits for nothing"))
}

/// Returns the result of a future on this thread, or none if it waits for something other than its turn.
pub fn without_waiting<R>(future: impl Future<Output = R>) -> Option<R> {
    poll(future, 2)
}

/// Lets other tasks of the executor run first.
pub async fn yield_now() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
