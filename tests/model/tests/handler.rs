//! Invariants that hold in every order of threads and handlers.

use loom::model::Builder;
use loom::sync::atomic::Ordering::SeqCst;
use loom::sync::Arc;
use loom::thread;
use wasi_mmap_model::kernel::{Kernel, Page};
use wasi_mmap_model::process::Process;
use wasi_mmap_model::region::Region;

/// More areas than pages.
const MANY: usize = 100;

fn in_every_order(preemptions: usize, test: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 10_000;
    builder.check(test);
}

/// All pages of the range are lost: an access ends in the handler, which checks that it has found its own range.
fn lose_all(process: &Process, region: &Region) {
    for page in (0..region.length).rev() {
        assert_eq!(process.read(region, page), Page::Zeros);
        assert!(!process.check(region, page));
    }
}

#[test]
fn a_handler_finds_the_range_of_its_thread() {
    in_every_order(4, || {
        let process = Arc::new(Process::new(Kernel::new(0), MANY));
        let other = {
            let process = Arc::clone(&process);
            thread::spawn(move || {
                let first = process.map(1);
                process.unmap(&first);
                // Reuses addresses and slots of another range.
                let second = process.map(2);
                lose_all(&process, &second);
                process.unmap(&second);
            })
        };
        let region = process.map(2);
        lose_all(&process, &region);
        process.unmap(&region);
        other.join().unwrap();
        assert_eq!(process.areas.load(SeqCst), 0);
    });
}

/// A slot gets another range, whose length from the old address would reach into the range of the thread.
#[test]
fn a_handler_takes_no_slot_that_changes() {
    in_every_order(4, || {
        let process = Arc::new(Process::new(Kernel::new(0), MANY));
        let first = process.map(1);
        let region = process.map(2);
        assert!(first.slot < region.slot && first.base + 1 == region.base);
        let other = {
            let process = Arc::clone(&process);
            thread::spawn(move || {
                process.unmap(&first);
                let second = process.map(3);
                lose_all(&process, &second);
                process.unmap(&second);
            })
        };
        lose_all(&process, &region);
        process.unmap(&region);
        other.join().unwrap();
    });
}

/// Reads a page, and returns whether both ways of asking for faults would report zeros.
fn read_told(process: &Process, region: &Region, page: usize) {
    let count = process.fault_count.load(SeqCst);
    let clean = process.clean(region);
    let found = process.read(region, page);
    // As in TypeScript: no page was lost before, and the count has not changed.
    let same_count = process.fault_count.load(SeqCst) == count;
    assert!(found != Page::Zeros || !(clean && same_count), "zeros that nobody counted");
}

/// Reads a page and its mark in one step.
fn zeros_are_marked(process: &Process, region: &Region, page: usize) {
    let look = || {
        let kernel = process.kernel.lock().unwrap();
        (kernel.pages[region.base + page], kernel.changes[region.base + page])
    };
    let before = look();
    let marked = !process.check(region, page);
    assert!(before.0 != Page::Zeros || before != look() || marked, "zeros without a mark");
}

/// The areas of the system, and their count.
fn areas_are_counted(process: &Process, region: &Region) {
    let kernel = process.kernel.lock().unwrap();
    let pages = &kernel.pages[region.base..region.base + region.length];
    let edges = pages.windows(2).filter(|pair| (pair[0] == Page::Zeros) != (pair[1] == Page::Zeros)).count();
    assert!(process.areas.load(SeqCst) > edges, "an area that nobody counted");
}

fn set_size(process: &Process, size: usize) {
    process.kernel.lock().unwrap().file_size = size;
}

/// One thread truncates and extends the file and restores pages, and the other one reads.
fn cut_and_mend(sizes: &'static [usize], readers: usize, max_areas: usize, preemptions: usize) {
    in_every_order(preemptions, move || {
        let process = Arc::new(Process::new(Kernel::new(2), max_areas));
        let region = Arc::new(process.map(2));
        let read = |page| {
            let (process, region) = (Arc::clone(&process), Arc::clone(&region));
            thread::spawn(move || {
                read_told(&process, &region, page);
                zeros_are_marked(&process, &region, page);
            })
        };
        let readers: Vec<_> = (0..readers).map(|number| read(1 - number)).collect();
        for &size in sizes {
            set_size(&process, size);
            process.restore(&region);
            read_told(&process, &region, 1);
            zeros_are_marked(&process, &region, 1);
        }
        for reader in readers {
            reader.join().unwrap();
        }
        zeros_are_marked(&process, &region, 0);
        zeros_are_marked(&process, &region, 1);
        areas_are_counted(&process, &region);
        // All pages are restored.
        set_size(&process, 2);
        process.restore(&region);
        assert!(process.clean(&region));
        assert_eq!([0, 1].map(|page| process.read(&region, page)), [Page::File(0), Page::File(1)]);
        areas_are_counted(&process, &region);
        process.unmap(&region);
        assert_eq!(process.areas.load(SeqCst), 0);
    });
}

#[test]
fn a_file_is_cut_as_a_whole() {
    cut_and_mend(&[0, 2], 1, MANY, 4);
}

#[test]
fn a_file_is_cut_in_part() {
    cut_and_mend(&[1, 2], 1, MANY, 4);
}

#[test]
fn a_file_is_cut_where_two_read() {
    cut_and_mend(&[1, 2], 2, MANY, 2);
}

/// A loss needs one more area, and none is left.
#[test]
fn a_file_is_cut_where_areas_have_run_out() {
    cut_and_mend(&[1, 2], 1, 1, 4);
    cut_and_mend(&[1, 2], 2, 1, 2);
}
