//! A request with its response, and the line in the log that it ends with.

use crate::options::printable;
use crate::output::say;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The longest path or reason in the log, in characters.
const LONGEST: usize = 300;

#[derive(Default)]
struct Outcome {
    status: Option<u16>,
    failure: Option<String>,
}

/// Writes its line when nobody holds it any more: neither the guest nor the response.
pub struct Exchange {
    pub id: u64,
    method: String,
    path: String,
    begun: Instant,
    outcome: Mutex<Outcome>,
}

/// A text on one line, of limited length. Whoever wrote it may be hostile.
pub fn on_a_line(text: &str) -> String {
    let end = text.char_indices().nth(LONGEST).map(|(at, _)| at);
    let line = printable(&text[..end.unwrap_or(text.len())]).replace('\n', " ");
    if end.is_some() {
        line + "..."
    } else {
        line
    }
}

impl Exchange {
    pub fn new(id: u64, request: &http::request::Parts) -> Self {
        let path = request.uri.path_and_query().map_or_else(|| request.uri.path(), |path| path.as_str());
        Self {
            id,
            method: on_a_line(request.method.as_str()),
            path: on_a_line(path),
            begun: Instant::now(),
            outcome: Mutex::default(),
        }
    }

    fn outcome(&self) -> MutexGuard<'_, Outcome> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the status that the client gets.
    pub fn answer(&self, status: http::StatusCode) {
        self.outcome().status = Some(status.as_u16());
    }

    /// Notes what went wrong first.
    pub fn fail(&self, reason: &str) {
        self.outcome().failure.get_or_insert_with(|| on_a_line(reason));
    }

    pub fn has_failed(&self) -> bool {
        self.outcome().failure.is_some()
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let milliseconds = self.begun.elapsed().as_secs_f64() * 1000.0;
        let Outcome { status, failure } = std::mem::take(&mut *self.outcome());
        let status = status.map_or_else(|| "-".to_owned(), |status| status.to_string());
        let reason = failure.map_or_else(String::new, |reason| format!(": {reason}"));
        say(&format!("[{}] {} {} {status} {milliseconds:.1} ms{reason}", self.id, self.method, self.path));
    }
}

#[cfg(test)]
mod tests {
    use super::{on_a_line, LONGEST};

    #[test]
    fn text_stays_on_its_line() {
        assert_eq!(on_a_line("a\nb\x1b[31m\u{202e}"), "a b\\u{1b}[31m\\u{202e}");
        assert_eq!(on_a_line(&"ü".repeat(LONGEST)), "ü".repeat(LONGEST));
        assert_eq!(on_a_line(&"ü".repeat(LONGEST + 1)), "ü".repeat(LONGEST) + "...");
    }
}
