//! The events of the feature `tracing`.

use crate::common::{alone, guest, linker, run, store, with_spans, Folder, NO_MEMORY};
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use wasmtime::Engine;
use wasmtime_wasi_mmap::WasiMmapCtx;

/// Keeps the crate's events as lines.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "wasi_mmap" && *metadata.level() <= Level::DEBUG
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// The events while a guest runs.
fn events_of(run: impl FnOnce()) -> Vec<String> {
    let lines = Lines::default();
    tracing::subscriber::with_default(lines.clone(), run);
    let lines = lines.0.lock().unwrap();
    lines.clone()
}

fn hostile(ctx: WasiMmapCtx, scenario: &str, expected: &Result<i32, &str>) -> Vec<String> {
    let (engine, folder) = (Engine::default(), Folder::new());
    let (linker, component) = (linker(&engine), guest(&engine, "hostile"));
    let mut store = store(&engine, &folder, ctx, &[scenario]);
    events_of(|| {
        let result = run(&mut store, &linker, &component);
        assert_eq!(result.as_ref().copied().map_err(String::as_str), *expected);
    })
}

#[test]
fn a_mapping_is_an_event() {
    let _turn = alone();
    let events = hostile(WasiMmapCtx::default(), "exit-while-mapped", &Ok(0));
    assert_eq!(events, ["DEBUG message=a guest has mapped length=0 offset=0"]);
}

#[test]
fn a_limit_is_an_event() {
    let _turn = alone();
    let events = hostile(WasiMmapCtx::builder().max_mappings(0).build(), "exit-while-mapped", &Ok(NO_MEMORY));
    let refused = "DEBUG message=a mapping was refused length=0 offset=0 error=\"no-memory\"";
    assert_eq!(events, ["WARN message=a guest is past a limit of memory or mappings calls=1", refused]);
}

/// A guest that goes on past a limit does not fill the log.
#[test]
fn events_of_one_kind_become_rare() {
    let _turn = alone();
    let limited = WasiMmapCtx::builder().max_private_memory((1 << 20) + (1 << 17)).build();
    let events = hostile(limited, "memory-of-the-host", &Ok(0));
    let warnings: Vec<_> = events.iter().filter(|event| event.starts_with("WARN")).collect();
    assert!((4..12).contains(&warnings.len()), "{warnings:?}");
    for (power, warning) in warnings.iter().enumerate() {
        assert!(warning.ends_with(&format!(" calls={}", 1 << power)), "{warning}");
    }
}

#[test]
fn a_search_that_is_cut_off_is_an_event() {
    let _turn = alone();
    let limited = WasiMmapCtx::builder().max_search(1 << 20).build();
    let message = "a search went through as many bytes as the host allows";
    let events = hostile(limited, "search-1-gib", &Err(message));
    assert!(events.last().unwrap().starts_with("WARN message=a long call was cut off bytes="), "{events:?}");
}

/// Windows refuses what loses pages.
#[cfg(target_os = "linux")]
#[test]
fn spans_and_lost_pages_are_events() {
    let _turn = alone();
    let ((engine, ctx), folder) = (with_spans(), Folder::with_units());
    let (linker, component) = (linker(&engine), guest(&engine, "spans"));
    let mut store = store(&engine, &folder, ctx(), &["lost", "read"]);
    let events = events_of(|| {
        run(&mut store, &linker, &component).unwrap_err(); // At its end it wants to be stopped.
    });
    let attached = |event: &&String| event.starts_with("DEBUG message=a guest has attached a span offset=0 length=");
    assert!(events.iter().filter(attached).count() >= 2, "{events:?}");
    assert!(events.contains(&"WARN message=pages of a mapped file are lost calls=1".to_owned()), "{events:?}");
}
