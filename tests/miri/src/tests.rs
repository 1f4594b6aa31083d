use crate::bindings::{Access, Advice, ErrorCode};
use crate::limits::{Limits, Usage};
use crate::native::{live_regions, Budget, Found, Mapping, Region, Request, Span};
use std::alloc::{alloc_zeroed, dealloc, Layout};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

const PAGE: usize = 4096;

/// Mappings are counted in the whole process: one test at a time.
fn alone(test: impl FnOnce()) {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    test();
    assert_eq!(live_regions(), 0);
}

fn mapping(length: usize) -> Mapping {
    Mapping::open(None, length as u64, Request::Access(Access::Write), 0).unwrap()
}

/// The memory of a guest.
struct Memory(*mut u8, Layout);

impl Memory {
    fn new(pages: usize) -> Self {
        let layout = Layout::from_size_align(pages * PAGE, PAGE).unwrap();
        // SAFETY: the size is not 0.
        Self(unsafe { alloc_zeroed(layout) }, layout)
    }

    fn page(&self, number: usize) -> Region {
        Region { address: self.0.expose_provenance() + number * PAGE, length: PAGE }
    }

    fn attach(&self, number: usize) -> Arc<Span> {
        // SAFETY: the test detaches or abandons the span before it uses the memory for something else.
        Arc::new(unsafe { Span::attach(&mut mapping(PAGE), 0, self.page(number)) }.unwrap())
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: it was allocated by `new`.
        unsafe { dealloc(self.0, self.1) };
    }
}

#[test]
fn calls_on_a_mapping() {
    alone(|| {
        let mut map = mapping(64);
        map.write(10, b"needle").unwrap();
        map.write(30, b"needle").unwrap();
        let mut bytes = [0; 6];
        map.read(30, &mut bytes).unwrap();
        assert_eq!(&bytes, b"needle");
        assert_eq!(map.read(60, &mut bytes), Err(ErrorCode::OutOfRange));
        let (mut start, mut end) = (0, 64);
        let found = loop {
            match map.find_step(b"needle", &mut start, 64).unwrap() {
                Found::NotYet => {}
                Found::At(at) => break at,
                Found::Nowhere => panic!("the needle is there"),
            }
        };
        let last = loop {
            match map.rfind_step(b"needle", 0, &mut end).unwrap() {
                Found::NotYet => {}
                Found::At(at) => break at,
                Found::Nowhere => panic!("the needle is there"),
            }
        };
        assert_eq!((found, last), (10, 30));
        let (mut to, mut from, mut length) = (0, 10, 6);
        map.move_step(&mut to, &mut from, &mut length).unwrap();
        map.read(0, &mut bytes).unwrap();
        assert_eq!((&bytes, length), (b"needle", 0));
        map.resize(8).unwrap();
        map.advise(0, 8, Advice::Random).unwrap();
        assert_eq!((map.length(), map.file_size(), map.access()), (8, Ok(8), Access::Write));
        map.may_read(0, 8).unwrap();
        map.flush(0, 8).unwrap();
        map.start_flush(0, 8).unwrap();
        let (mut from, mut left, mut resident) = (0, 8, 0);
        map.resident_step(&mut from, &mut left, &mut resident).unwrap();
        assert_eq!((from, left, resident), (8, 0, 8));
        (from, left) = (0, 8);
        map.populate_step(&mut from, &mut left).unwrap();
        assert_eq!((from, left), (8, 0));
        map.mlock().unwrap();
        map.munlock().unwrap();
        // Another thread may use it.
        thread::spawn(move || map.write(0, b"x").unwrap()).join().unwrap();
    });
}

#[test]
fn a_budget_outlives_its_maker() {
    alone(|| {
        let budget = Budget::new(100);
        let (mut one, mut other) = (mapping(60), mapping(60));
        one.charge(&budget).unwrap();
        assert_eq!(other.charge(&budget), Err(ErrorCode::NoMemory));
        drop(budget);
        thread::spawn(move || drop(one)).join().unwrap();
    });
}

#[test]
fn threads_share_a_limit() {
    alone(|| {
        let usage = Arc::new(Usage::new(Limits { mappings: 3, spans: 3, mapped: 50, private_memory: 100 }));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..4 {
                        if let Ok(claim) = usage.claim(30) {
                            let mut map = mapping(40);
                            let _ = map.charge(claim.budget());
                        }
                    }
                });
            }
        });
        let claims: Vec<_> = (0..3).map(|_| usage.claim(10).unwrap()).collect();
        assert!(usage.claim(0).is_err());
        mapping(100).charge(claims[0].budget()).unwrap();
    });
}

/// A flush whose caller has gone, while the store is dropped: its memory goes first.
#[test]
fn memory_goes_while_a_flush_runs() {
    alone(|| {
        let memory = Memory::new(2);
        let spans = [memory.attach(0), memory.attach(1)];
        let threads = spans.clone().map(|span| {
            thread::spawn(move || {
                let _ = span.flush(0, 1);
                let _ = span.faulted();
            })
        });
        drop(memory);
        for span in &spans {
            span.abandon();
        }
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

/// The guest drops a span, and uses its memory, while a flush still runs on another thread.
#[test]
fn a_guest_detaches_while_a_flush_runs() {
    alone(|| {
        let memory = Memory::new(1);
        let span = memory.attach(0);
        let shared = Arc::clone(&span);
        let flush = thread::spawn(move || shared.flush(0, 1));
        // SAFETY: the memory is alive, and its guest is this thread.
        unsafe {
            assert_eq!(span.advise(0, 1, Advice::Random), Some(Ok(())));
            assert!(span.detach());
            memory.0.write(1);
        }
        let _ = flush.join().unwrap();
    });
}

#[test]
fn calls_after_the_end_touch_nothing() {
    alone(|| {
        let memory = Memory::new(2);
        let (abandoned, detached) = (memory.attach(0), memory.attach(1));
        // SAFETY: the memory is alive, and its guest is this thread.
        assert!(unsafe { detached.detach() });
        drop(memory);
        abandoned.abandon();
        for span in [abandoned, detached] {
            span.abandon(); // A second end does nothing.
            assert_eq!((span.flush(0, 1), span.faulted()), (None, None));
            // SAFETY: the span has ended.
            unsafe {
                assert_eq!(span.advise(0, 1, Advice::Random), None);
                assert!(span.detach());
            }
        }
    });
}
