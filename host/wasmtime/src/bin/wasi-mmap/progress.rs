//! Tells the user what takes long.

use crate::options::printable;
use crate::output::{say, tell};
use std::io::IsTerminal;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Between two drawings of the seconds.
const TICK: Duration = Duration::from_millis(100);
/// Returns to the beginning of the line, and clears the rest.
const AGAIN: &str = "\r\u{1b}[K";

/// Says that a work takes long, if it takes longer than `patience`. On a terminal, also how long it has taken, until it ends.
pub fn timed<T>(message: &str, patience: Duration, work: impl FnOnce() -> T) -> T {
    let line = printable(&format!("wasi-mmap: {message}"));
    let (start, (done, wait)) = (Instant::now(), mpsc::channel::<()>());
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let ends_within = |time| wait.recv_timeout(time) != Err(RecvTimeoutError::Timeout);
            if ends_within(patience) {
                return;
            }
            if !std::io::stderr().is_terminal() || std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
                return say(&line);
            }
            let draw = || tell(&format!("{AGAIN}{line}: {:.1} s", start.elapsed().as_secs_f64()));
            draw();
            while !ends_within(TICK) {
                draw();
            }
            draw();
            tell("\n");
        });
        let result = work();
        drop(done);
        result
    })
}
