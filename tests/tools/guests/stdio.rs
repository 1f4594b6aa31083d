//! Standard input and output as streams of WASI 0.3, for guests that are commands of it.

use wasip3::cli::{stdin, stdout, types::ErrorCode};
use wasip3::wit_bindgen::{FutureReader, StreamReader, StreamResult, StreamWriter};

/// The lines of standard input.
pub struct Lines {
    stream: StreamReader<u8>,
    /// What was read and not yet returned.
    bytes: Vec<u8>,
}

impl Lines {
    pub fn new() -> Self {
        Self { stream: stdin::read_via_stream().0, bytes: Vec::new() }
    }

    /// Waits for a line; none at the end.
    pub async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.bytes.iter().position(|byte| *byte == b'\n') {
                let rest = self.bytes.split_off(end + 1);
                let line = std::mem::replace(&mut self.bytes, rest);
                return Some(String::from_utf8(line[..end].into()).expect("a line is text"));
            }
            let (result, bytes) = self.stream.read(Vec::with_capacity(64 * 1024)).await;
            if result == StreamResult::Dropped {
                return None;
            }
            self.bytes.extend(bytes);
        }
    }
}

/// Standard output.
pub struct Output {
    stream: StreamWriter<u8>,
    written: FutureReader<Result<(), ErrorCode>>,
}

impl Output {
    pub fn new() -> Self {
        let (stream, reader) = wasip3::wit_stream::new();
        Self { stream, written: stdout::write_via_stream(reader) }
    }

    pub async fn line(&mut self, text: &str) {
        self.stream.write_all(format!("{text}\n").into_bytes()).await;
    }

    /// Waits until all is written.
    pub async fn end(self) -> Result<(), ()> {
        drop(self.stream);
        self.written.await.map_err(|_| ())
    }
}
