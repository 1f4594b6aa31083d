//! A disk for tests: `msync` and `lseek` of the C library, which the core calls, as slow as a test needs, and files without
//! holes.

#![allow(clippy::unused_self, reason = "a test asks the disk that it has made")]

use std::ffi::{c_int, c_long, c_void};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

extern "C" {
    fn syscall(number: c_long, ...) -> c_long;
}

const LSEEK: c_long = if cfg!(target_arch = "x86_64") { 8 } else { 62 };
const MSYNC: c_long = if cfg!(target_arch = "x86_64") { 26 } else { 227 };
const SEEK_DATA: c_int = 3;
const SEEK_HOLE: c_int = 4;

/// The thread of the test. While it is set, files have no holes, and other threads wait where a test says so.
static TEST: Mutex<Option<ThreadId>> = Mutex::new(None);
/// How often other threads searched a file for data, and how often the test's thread did: once for each step of a search
/// except the last.
static ASKED: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];
/// The number of the search for data that waits; 0 for none.
static SLOW_AT: AtomicUsize = AtomicUsize::new(0);
static SLOW_SYNC: AtomicBool = AtomicBool::new(false);
/// Whether another thread waits in a call.
static AT_WORK: AtomicBool = AtomicBool::new(false);
static LET_GO: AtomicBool = AtomicBool::new(false);

/// The disk of one test. Other tests have that of the machine.
pub struct Disk;

impl Disk {
    pub fn new() -> Self {
        for asked in &ASKED {
            asked.store(0, Ordering::SeqCst);
        }
        LET_GO.store(false, Ordering::SeqCst);
        *TEST.lock().unwrap_or_else(PoisonError::into_inner) = Some(std::thread::current().id());
        Self
    }

    /// Makes the n-th step of a search on another thread wait.
    pub fn slow_at(self, step: usize) -> Self {
        SLOW_AT.store(step, Ordering::SeqCst);
        self
    }

    /// Makes flushes wait.
    pub fn slow_sync(self) -> Self {
        SLOW_SYNC.store(true, Ordering::SeqCst);
        self
    }

    /// Whether another thread waits.
    pub fn at_work(&self) -> bool {
        AT_WORK.load(Ordering::SeqCst)
    }

    /// Lets the waiting thread go on at once instead of after some time.
    pub fn let_go(&self) {
        LET_GO.store(true, Ordering::SeqCst);
    }

    /// The steps of searches of all threads, each search without its last step.
    pub fn all_steps() -> usize {
        ASKED.iter().map(|asked| asked.load(Ordering::SeqCst)).sum()
    }

    /// The steps of searches of other threads.
    pub fn steps_elsewhere(&self) -> usize {
        ASKED[0].load(Ordering::SeqCst)
    }

    /// The steps of searches of the test's thread.
    pub fn steps_here(&self) -> usize {
        ASKED[1].load(Ordering::SeqCst)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        *TEST.lock().unwrap_or_else(PoisonError::into_inner) = None;
        SLOW_AT.store(0, Ordering::SeqCst);
        SLOW_SYNC.store(false, Ordering::SeqCst);
    }
}

fn wait() {
    const PATIENCE: Duration = Duration::from_millis(300);
    let begin = Instant::now();
    AT_WORK.store(true, Ordering::SeqCst);
    while begin.elapsed() < PATIENCE && !LET_GO.load(Ordering::SeqCst) {
        std::thread::yield_now();
    }
    AT_WORK.store(false, Ordering::SeqCst);
}

/// # Safety
///
/// As of the C library's.
#[no_mangle]
unsafe extern "C" fn msync(start: *mut c_void, length: usize, flags: c_int) -> c_int {
    if SLOW_SYNC.load(Ordering::SeqCst) {
        wait();
    }
    // SAFETY: the caller keeps the rules.
    if unsafe { syscall(MSYNC, start, length, c_long::from(flags)) } == 0 {
        0
    } else {
        -1
    }
}

/// # Safety
///
/// As of the C library's.
#[no_mangle]
unsafe extern "C" fn lseek(file: c_int, offset: i64, from: c_int) -> i64 {
    let test = *TEST.lock().unwrap_or_else(PoisonError::into_inner);
    match (test, from) {
        (Some(_), SEEK_HOLE) => i64::MAX,
        (Some(test), SEEK_DATA) => {
            let here = test == std::thread::current().id();
            let number = ASKED[usize::from(here)].fetch_add(1, Ordering::SeqCst) + 1;
            if !here && number == SLOW_AT.load(Ordering::SeqCst) {
                wait();
            }
            offset
        }
        // SAFETY: the caller keeps the rules.
        _ => unsafe { syscall(LSEEK, file, offset, c_long::from(from)) },
    }
}
