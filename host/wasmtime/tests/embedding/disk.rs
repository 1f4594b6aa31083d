//! A disk for tests: flushes are as slow as a test needs, and so are the steps of a search on Linux, where the core asks
//! the system in each step. There are no holes in files: elsewhere the core looks for none.

#![allow(clippy::unused_self, reason = "a test asks the disk that it has made")]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

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
        crate::system::watch_flushes();
        for asked in &ASKED {
            asked.store(0, Ordering::SeqCst);
        }
        LET_GO.store(false, Ordering::SeqCst);
        *TEST.lock().unwrap_or_else(PoisonError::into_inner) = Some(std::thread::current().id());
        Self
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
}

/// The steps of searches, which only Linux tells.
#[cfg(target_os = "linux")]
impl Disk {
    /// Makes the n-th step of a search on another thread wait.
    pub fn slow_at(self, step: usize) -> Self {
        SLOW_AT.store(step, Ordering::SeqCst);
        self
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

/// The system calls it before each flush.
pub fn before_flush() {
    if SLOW_SYNC.load(Ordering::SeqCst) {
        wait();
    }
}

/// Whether the disk is that of a test.
#[cfg(target_os = "linux")]
pub fn has_no_holes() -> bool {
    TEST.lock().unwrap_or_else(PoisonError::into_inner).is_some()
}

/// The system calls it before each step of a search except the last.
#[cfg(target_os = "linux")]
pub fn before_step() {
    let here = *TEST.lock().unwrap_or_else(PoisonError::into_inner) == Some(std::thread::current().id());
    let number = ASKED[usize::from(here)].fetch_add(1, Ordering::SeqCst) + 1;
    if !here && number == SLOW_AT.load(Ordering::SeqCst) {
        wait();
    }
}
