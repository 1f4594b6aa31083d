use crate::bindings::{Access, Advice, ErrorCode};
use crate::limits::{Limits, Usage};
use crate::native::{live_regions, Budget, Found, Mapping, Memory, Region, Request, Span};
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

fn memory(pages: usize) -> Arc<Memory> {
    let memory = Memory::reserve(pages * PAGE).unwrap();
    assert!(memory.commit(0, pages * PAGE));
    Arc::new(memory)
}

fn page(memory: &Memory, number: usize) -> Region {
    Region { address: memory.base().addr() + number * PAGE, length: PAGE }
}

fn attach(memory: &Arc<Memory>, number: usize) -> Span {
    Span::attach(&mut mapping(PAGE), 0, page(memory, number), Arc::clone(memory)).unwrap()
}

/// Releases the memory, as its engine does when the store is dropped.
fn release(memory: &Memory) {
    // SAFETY: no test uses the memory afterwards.
    unsafe { memory.release() };
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
        let usage = Arc::new(Usage::new(Limits { mappings: 3, private_memory: 100 }));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..4 {
                        if let Ok(claim) = usage.claim() {
                            let mut map = mapping(40);
                            let _ = map.charge(claim.budget());
                        }
                    }
                });
            }
        });
        let claims: Vec<_> = (0..3).map(|_| usage.claim().unwrap()).collect();
        assert!(usage.claim().is_err());
        mapping(100).charge(claims[0].budget()).unwrap();
    });
}

/// A flush whose caller has gone, while the store is dropped with the memory.
#[test]
fn memory_is_released_while_calls_run() {
    alone(|| {
        let memory = memory(2);
        let (mut one, mut other) = (attach(&memory, 0), attach(&memory, 1));
        let flush = thread::spawn(move || {
            let _ = one.flush(0, 1);
            drop(one);
        });
        let others = thread::spawn(move || {
            let _ = other.advise(0, 1, Advice::Random);
            let _ = other.faulted();
            drop(other);
        });
        release(&memory);
        flush.join().unwrap();
        others.join().unwrap();
    });
}

#[test]
fn spans_are_dropped_while_memory_is_released() {
    alone(|| {
        let memory = memory(3);
        let spans: Vec<_> = (0..3).map(|number| attach(&memory, number)).collect();
        let threads: Vec<_> = spans.into_iter().map(|span| thread::spawn(move || drop(span))).collect();
        release(&memory);
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

#[test]
fn calls_after_the_release_find_no_memory() {
    alone(|| {
        let memory = memory(1);
        let mut span = attach(&memory, 0);
        let region = page(&memory, 0);
        span.flush(0, 1).unwrap();
        assert!(!span.faulted());
        release(&memory);
        release(&memory); // A second release does nothing.
        assert_eq!(span.flush(0, 1), Err(ErrorCode::Fault));
        let again = Span::attach(&mut mapping(PAGE), 0, region, Arc::clone(&memory));
        assert_eq!(again.err(), Some(ErrorCode::Unsupported));
    });
}
