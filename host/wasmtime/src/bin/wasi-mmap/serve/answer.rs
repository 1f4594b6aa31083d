//! The response that a client gets: the guest's, or a few words of the server.

use super::exchange::Exchange;
use http::{header, Method, Response, StatusCode};
use hyper::body::{Body, Bytes, Frame, SizeHint};
use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::oneshot;
use wasmtime_wasi_http::WasiBody;

type Failure = Box<dyn Error + Send + Sync>;

/// The body of a response. It ends with an error if its guest fails: what there is of it must not look like all.
pub struct Answer {
    guest: Option<WasiBody>,
    words: Option<Bytes>,
    exchange: Arc<Exchange>,
    /// Whether it ends with an error next.
    failing: bool,
    /// In bytes, if the client knows.
    missing: Option<u64>,
    /// Whether the client got all.
    complete: bool,
    ended: Option<oneshot::Sender<bool>>,
}

/// Answers without a guest.
pub fn words(exchange: Arc<Exchange>, status: StatusCode) -> Response<Answer> {
    exchange.answer(status);
    let text = Bytes::from(format!("{status}\n"));
    let answer =
        Answer { guest: None, words: Some(text), exchange, failing: false, missing: None, complete: true, ended: None };
    let mut response = Response::new(answer);
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/plain"));
    response
}

/// Answers with what a guest does. `ended` is told whether the client got all of it.
pub fn guests(
    exchange: Arc<Exchange>,
    method: &Method,
    response: Response<WasiBody>,
    ended: oneshot::Sender<bool>,
) -> Response<Answer> {
    let status = response.status();
    exchange.answer(status);
    // These have no body, whatever their guest writes.
    let complete = method == Method::HEAD || matches!(status.as_u16(), 204 | 304);
    let length = response.headers().get(header::CONTENT_LENGTH);
    let missing = length.and_then(|length| length.to_str().ok()?.parse().ok());
    let complete = complete || missing == Some(0);
    response.map(|body| Answer {
        guest: Some(body),
        words: None,
        exchange,
        failing: false,
        missing,
        complete,
        ended: Some(ended),
    })
}

impl Answer {
    /// Ends with an error, after what there is has been sent: hyper sends it while it waits.
    fn fail(&mut self, context: &mut Context<'_>, reason: &str) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        self.exchange.fail(reason);
        self.guest = None;
        self.complete = true; // It is no fault of the client.
        self.failing = true;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        let this = self.get_mut();
        if std::mem::take(&mut this.failing) {
            return Poll::Ready(Some(Err("the component failed".into())));
        }
        let Some(guest) = &mut this.guest else {
            return Poll::Ready(this.words.take().map(|words| Ok(Frame::data(words))));
        };
        match Pin::new(guest).poll_frame(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(frame))) => {
                if let (Some(missing), Some(data)) = (&mut this.missing, frame.data_ref()) {
                    *missing = missing.saturating_sub(data.len() as u64);
                    this.complete |= *missing == 0;
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                this.fail(context, &format!("the component gave its response up: {error:?}"))
            }
            // The body of a guest that fails ends as if it were complete.
            Poll::Ready(None) if this.exchange.has_failed() => this.fail(context, "the component failed"),
            Poll::Ready(None) if this.missing.is_some_and(|missing| missing > 0) => {
                this.fail(context, "the response is shorter than its content-length")
            }
            Poll::Ready(None) => {
                this.complete = true;
                Poll::Ready(None)
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.guest, &self.words) {
            (Some(guest), _) => guest.size_hint(),
            (None, words) => SizeHint::with_exact(words.as_ref().map_or(0, |words| words.len() as u64)),
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if !self.complete {
            self.exchange.fail("the client went away");
        }
        if let Some(ended) = self.ended.take() {
            let _ = ended.send(self.complete && !self.exchange.has_failed()); // Its instance may be gone.
        }
    }
}
