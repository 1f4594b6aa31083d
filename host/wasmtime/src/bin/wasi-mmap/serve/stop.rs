//! The signals that end a server, and waiting for one of two things.

use std::future::{poll_fn, Future};
use std::pin::pin;
use std::task::Poll;

/// Waits for the one that is ready first.
pub async fn first<A, B>(one: impl Future<Output = A>, other: impl Future<Output = B>) -> Result<A, B> {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|context| {
        if let Poll::Ready(result) = one.as_mut().poll(context) {
            return Poll::Ready(Ok(result));
        }
        other.as_mut().poll(context).map(Err)
    })
    .await
}

/// SIGTERM and SIGINT, or what Windows has in their place.
pub struct Signals {
    #[cfg(unix)]
    both: Option<[tokio::signal::unix::Signal; 2]>,
}

#[cfg(unix)]
impl Signals {
    /// Catches them from now on.
    pub fn new() -> Self {
        use tokio::signal::unix::{signal, SignalKind};
        let both = signal(SignalKind::terminate()).and_then(|one| Ok([one, signal(SignalKind::interrupt())?]));
        Self { both: both.ok() } // Else they end the process, as they do by default.
    }

    pub async fn next(&mut self) {
        match &mut self.both {
            Some([one, other]) => drop(first(one.recv(), other.recv()).await),
            None => std::future::pending().await,
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    pub fn new() -> Self {
        Self {}
    }

    pub async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
