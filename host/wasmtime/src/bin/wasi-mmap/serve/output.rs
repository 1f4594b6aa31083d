//! What guests write to their standard output and error: lines in the log, which cannot be taken for those of the server.

use super::exchange::on_a_line;
use crate::output::say;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};
use wasmtime_wasi_io::bytes::Bytes;

/// What a guest may write for a request, in bytes. The rest is not shown.
const MOST: usize = 64 << 10;
/// A longer line is broken, in bytes.
const LONGEST_LINE: usize = 1024;
/// For a single write.
const PERMIT: usize = 16 << 10;

#[derive(Default)]
struct Lines {
    request: u64,
    left: usize,
    begun: Vec<u8>,
}

/// One of the two streams of an instance.
#[derive(Clone)]
pub struct GuestOutput {
    name: &'static str,
    lines: Arc<Mutex<Lines>>,
}

impl GuestOutput {
    pub fn new(name: &'static str) -> Self {
        Self { name, lines: Arc::default() }
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say(&self, lines: &mut Lines) {
        let text = std::mem::take(&mut lines.begun);
        if !text.is_empty() {
            // As text it is not longer than as bytes, but its characters may be.
            for part in String::from_utf8_lossy(&text).as_bytes().chunks(300) {
                say(&format!("[{}] {}: {}", lines.request, self.name, on_a_line(&String::from_utf8_lossy(part))));
            }
        }
    }

    /// What comes from now on belongs to this request.
    pub fn begin(&self, request: u64) {
        let mut lines = self.lines();
        self.say(&mut lines);
        *lines = Lines { request, left: MOST, begun: Vec::new() };
    }

    /// Shows a line that has no end.
    pub fn end(&self) {
        self.say(&mut self.lines());
    }

    fn put(&self, bytes: &[u8]) {
        let mut lines = self.lines();
        let shown = &bytes[..bytes.len().min(lines.left)];
        for byte in shown {
            if *byte == b'\n' || lines.begun.len() == LONGEST_LINE {
                self.say(&mut lines);
            }
            if *byte != b'\n' {
                lines.begun.push(*byte);
            }
        }
        let all = lines.left;
        lines.left -= shown.len();
        if all > 0 && lines.left == 0 {
            self.say(&mut lines);
            say(&format!("[{}] {}: (more is not shown)", lines.request, self.name));
        }
    }
}

impl IsTerminal for GuestOutput {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestOutput {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for GuestOutput {
    async fn ready(&mut self) {}
}

impl OutputStream for GuestOutput {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.put(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(PERMIT)
    }
}

impl AsyncWrite for GuestOutput {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        self.put(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
