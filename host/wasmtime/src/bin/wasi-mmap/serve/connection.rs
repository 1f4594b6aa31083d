//! A connection, whose client may be slow only to a degree.

use super::handler::Server;
use super::stop::first;
use hyper::rt::{Read, ReadBufCursor, Sleep, Timer, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use std::future::Future;
use std::io;
use std::pin::{pin, Pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::watch;
use wasmtime_wasi_http::io::TokioIo;

/// For the head of a request, from the end of the one before it.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// For a client to take something of what was written for it.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// The head of a request, in bytes.
const LARGEST_HEAD: usize = 64 << 10;

/// The time, for hyper.
#[derive(Clone)]
struct Clock;

struct Alarm(Pin<Box<tokio::time::Sleep>>);

impl Future for Alarm {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(context)
    }
}

impl Sleep for Alarm {}

impl Timer for Clock {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(Instant::now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(Alarm(Box::pin(tokio::time::sleep_until(deadline.into()))))
    }
}

/// A stream that fails where its client takes nothing for too long.
struct Impatient {
    stream: TokioIo<TcpStream>,
    alarm: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl Impatient {
    fn watch<T>(&mut self, context: &mut Context<'_>, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.alarm = None;
            return result;
        }
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep(WRITE_TIMEOUT)));
        alarm.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Read for Impatient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl Write for Impatient {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(context, result)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_flush(context);
        self.watch(context, result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_shutdown(context);
        self.watch(context, result)
    }
}

/// Serves what a client asks, until it leaves or the server stops.
pub async fn serve_connection(client: TcpStream, server: Arc<Server>, mut stopped: watch::Receiver<()>) {
    let _ = client.set_nodelay(true); // It only saves time.
    let stream = Impatient { stream: TokioIo::new(client), alarm: None };
    let service = service_fn(move |request| Arc::clone(&server).respond(request));
    let mut builder = http1::Builder::new();
    builder.timer(Clock).header_read_timeout(HEAD_TIMEOUT).max_header_size(LARGEST_HEAD);
    let mut connection = pin!(builder.serve_connection(stream, service));
    // An error says that the client broke the protocol or left; what it asked is in the log.
    if first(connection.as_mut(), stopped.changed()).await.is_err() {
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}
