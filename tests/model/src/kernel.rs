//! The operating system: the pages at each address, and the length of the file. A system call or an access is one step.

/// The page at an address.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Page {
    Nobody,
    /// The page of the file with this number.
    File(usize),
    /// A zero page in place of a lost one.
    Zeros,
}

pub const PAGES: usize = 8;

pub struct Kernel {
    /// Pages by address. Address 0 is never mapped.
    pub pages: [Page; PAGES],
    /// In pages.
    pub file_size: usize,
    /// How often the page at each address was replaced.
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

    /// Maps the file's first pages at the lowest free addresses, as `mmap` does.
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

    /// The page that an access finds; none for SIGBUS.
    pub fn access(&self, address: usize) -> Option<Page> {
        match self.pages[address] {
            Page::Nobody => panic!("an access to what is not mapped"),
            Page::File(page) if page >= self.file_size => None,
            page => Some(page),
        }
    }
}
