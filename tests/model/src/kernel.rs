//! The system: which pages lie where, and how long the file is. A call of it, and an access, is one step.

/// What an address shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Page {
    Nobody,
    /// The file's page of the number.
    File(usize),
    /// A zero page in place of a lost one.
    Zeros,
}

pub const PAGES: usize = 8;

pub struct Kernel {
    /// By address. That of 0 is nobody's.
    pub pages: [Page; PAGES],
    /// In pages.
    pub file_size: usize,
    /// How often the page at an address was replaced.
    pub changes: [usize; PAGES],
}

impl Kernel {
    pub fn new(file_size: usize) -> Self {
        Self { pages: [Page::Nobody; PAGES], file_size, changes: [0; PAGES] }
    }

    pub fn put(&mut self, address: usize, page: Page) {
        self.pages[address] = page;
        self.changes[address] += 1;
    }

    /// The lowest addresses that are free, as `mmap` takes them, with the file's first pages.
    pub fn map(&mut self, length: usize) -> usize {
        let free = |base: &usize| self.pages[*base..base + length].iter().all(|page| *page == Page::Nobody);
        let base = (1..=PAGES - length).find(free).expect("addresses");
        for at in 0..length {
            self.put(base + at, Page::File(at));
        }
        base
    }

    pub fn unmap(&mut self, base: usize, length: usize) {
        for address in base..base + length {
            self.put(address, Page::Nobody);
        }
    }

    /// What an access finds; None: SIGBUS.
    pub fn access(&self, address: usize) -> Option<Page> {
        match self.pages[address] {
            Page::Nobody => panic!("an access to what is not mapped"),
            Page::File(page) if page >= self.file_size => None,
            page => Some(page),
        }
    }
}
