//! The figures of a run: what was mapped, copied and faulted.

use crate::options::{printable, Stats, UsageError};
use crate::output::{say, write_output};
use serde_json::json;
use std::time::Instant;
use wasmtime_wasi_mmap::{unnoticed_faults, Metrics};

/// The page faults of this process: those for which the page was in memory, and those for which it was read.
#[derive(Clone, Copy)]
struct PageFaults {
    minor: u64,
    major: u64,
}

#[cfg(unix)]
fn page_faults() -> Option<PageFaults> {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::uninit();
    // SAFETY: the system writes one `rusage` there.
    if unsafe { libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) } != 0 {
        return None;
    }
    // SAFETY: the call has filled it.
    let usage = unsafe { usage.assume_init() };
    Some(PageFaults { minor: u64::try_from(usage.ru_minflt).ok()?, major: u64::try_from(usage.ru_majflt).ok()? })
}

/// Windows has one number for both.
#[cfg(not(unix))]
fn page_faults() -> Option<PageFaults> {
    None
}

/// A number of bytes, as people read it.
#[allow(clippy::cast_precision_loss)] // For one decimal.
fn size(bytes: u64) -> String {
    let (mut number, mut unit) = (bytes as f64, "");
    for larger in ["KiB", "MiB", "GiB", "TiB"] {
        if number < 1024.0 {
            break;
        }
        (number, unit) = (number / 1024.0, larger);
    }
    match (unit, bytes) {
        ("", 1) => "1 byte".to_owned(),
        ("", _) => format!("{bytes} bytes"),
        _ => format!("{number:.1} {unit}"),
    }
}

fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// When a run begins or ends.
pub struct Moment {
    time: Instant,
    faults: Option<PageFaults>,
}

impl Moment {
    pub fn now() -> Self {
        Self { faults: page_faults(), time: Instant::now() }
    }
}

/// What a run has done.
pub struct Figures {
    seconds: f64,
    /// None where the system does not tell them.
    page_faults: Option<PageFaults>,
    metrics: Metrics,
}

impl Figures {
    /// The figures of a run that began then and ends now.
    pub fn since(begin: &Moment, metrics: Metrics) -> Self {
        let seconds = begin.time.elapsed().as_secs_f64();
        let page_faults = begin.faults.zip(page_faults()).map(|(before, after)| PageFaults {
            minor: after.minor.saturating_sub(before.minor),
            major: after.major.saturating_sub(before.major),
        });
        Self { seconds, page_faults, metrics }
    }

    /// Writes them, to where the user wants them.
    ///
    /// # Errors
    ///
    /// A message that they cannot be written.
    pub fn report(&self, stats: &Stats, name: &str, exit_code: u8, trapped: bool) -> Result<(), UsageError> {
        if stats.shown {
            let end = if trapped { "trapped".to_owned() } else { format!("ended with exit code {exit_code}") };
            say(&printable(&format!("wasi-mmap: {name} {end} after {:.3} s\n{}", self.seconds, self.text())));
        }
        let Some(path) = &stats.json else { return Ok(()) };
        let done = &self.metrics;
        let figures = json!({
            "component": name,
            "exitCode": exit_code,
            "trapped": trapped,
            "seconds": self.seconds,
            "mappings": done.all_mappings,
            "peakMapped": done.peak_mapped,
            "spans": done.all_spans,
            "peakAttached": done.peak_attached,
            "bytesRead": done.bytes_read,
            "bytesWritten": done.bytes_written,
            "bytesStepped": done.bytes_stepped,
            "peakPrivateMemory": done.peak_private_memory,
            "faults": done.faults,
            "unnoticedFaults": unnoticed_faults(),
            "noMemory": done.no_memory,
            "pageFaults": self.page_faults.map(|faults| json!({ "minor": faults.minor, "major": faults.major })),
        });
        write_output(path, format!("{figures}\n").as_bytes())
    }

    /// As lines for people.
    fn text(&self) -> String {
        let done = &self.metrics;
        let peak =
            |number: u64, noun: &str, peak: u64| format!("{}, at most {} at a time", count(number, noun), size(peak));
        let mut lines = vec![("mapped", peak(done.all_mappings, "mapping", done.peak_mapped))];
        if done.all_spans > 0 {
            lines.push(("spans", peak(done.all_spans, "span", done.peak_attached)));
        }
        lines.extend([
            ("copied", format!("{} by read, {} by write", size(done.bytes_read), size(done.bytes_written))),
            ("passed", format!("{} by find, rfind, move, populate and resident", size(done.bytes_stepped))),
            ("memory", format!("at most {} beside the pages of files", size(done.peak_private_memory))),
            ("errors", format!("{}, {} without memory", count(done.faults, "fault"), count(done.no_memory, "call"))),
        ]);
        if let Some(PageFaults { minor, major }) = self.page_faults {
            lines.push((
                "pages",
                format!("{} of the process, {major} of them from storage", count(minor + major, "fault")),
            ));
        }
        lines.iter().map(|(title, words)| format!("  {title:6}  {words}")).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes() {
        for (bytes, expected) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (1023, "1023 bytes"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (3_000_000, "2.9 MiB"),
            (1 << 40, "1.0 TiB"),
            (u64::MAX, "16777216.0 TiB"),
        ] {
            assert_eq!(size(bytes), expected);
        }
    }
}
