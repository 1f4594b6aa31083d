//! A mapping and its operations, with the checks of the contract in their order. It follows `host/core/mapping.cpp` rule
//! by rule.

use crate::bindings::exports::wasi_mmap::mmap::mapping::{Access, Advice, ErrorCode, Protection, Sharing};
use crate::bindings::wasi::filesystem::types::Advice as HostAdvice;
use crate::file::{
    covered, read_pages, to_mapping_error, write_pages, zeros, File, CHUNK, CHUNK_SIZE, MAX_FILE_SIZE, PAGE, PAGE_SIZE,
};
use crate::pages::{new_page, numbers, Page, Pages};
use crate::places::{Bytes, Room};
use crate::search::{backward, forward, Found, Read};
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};

pub type Outcome<T> = Result<T, ErrorCode>;

/// The bytes that a user program can address on the usual 64-bit systems. A native host cannot map more either.
const ADDRESS_SPACE: u64 = 1 << 47;
/// The largest position in a file that POSIX allows.
const MAX_FILE_OFFSET: u64 = i64::MAX as u64;

/// How to map a file: the arguments that tell the two constructors of the contract apart.
#[derive(Clone, Copy)]
pub enum Request {
    Access(Access),
    Posix(Sharing, Protection),
}

/// The rights to the bytes, and whether changes reach the file.
#[derive(Clone, Copy)]
struct Kind {
    read: bool,
    write: bool,
    shared: bool,
}

impl Request {
    fn kind(self) -> Kind {
        match self {
            Request::Access(access) => {
                Kind { read: true, write: access != Access::Read, shared: access != Access::Copy }
            }
            Request::Posix(sharing, protection) => {
                let write = protection.contains(Protection::WRITE);
                let read = write || protection.contains(Protection::READ);
                Kind { read, write, shared: sharing == Sharing::Shared }
            }
        }
    }

    /// Whether changes reach the file, which needs the right to write.
    pub fn needs_write(self) -> bool {
        let Kind { write, shared, .. } = self.kind();
        write && shared
    }

    /// WebAssembly cannot execute pages.
    pub fn is_supported(self) -> bool {
        !matches!(self, Request::Posix(_, protection) if protection.contains(Protection::EXECUTE))
    }

    fn may_pass_end(self) -> bool {
        matches!(self, Request::Posix(..))
    }
}

/// The number of bytes to map of a file of this size. `length` 0 means to its end.
fn length_to_map(size: u64, length: u64, offset: u64, may_pass_end: bool) -> Outcome<u64> {
    match (length, offset) {
        (0, _) if size == 0 => Err(ErrorCode::EmptyFile),
        (0, _) if offset >= size => Err(ErrorCode::PastEnd),
        (0, _) => Ok(size - offset),
        _ if may_pass_end && (offset > MAX_FILE_OFFSET || length > MAX_FILE_OFFSET - offset) => {
            Err(ErrorCode::InvalidArgument)
        }
        _ if !may_pass_end && (offset > size || length > size - offset) => Err(ErrorCode::PastEnd),
        _ => Ok(length),
    }
}

type Search = fn(&[u8], u64, u64, u64, &mut Read<'_>) -> Outcome<Found>;

/// A mapped range of a file, or of memory without one.
pub struct Mapping<F> {
    file: Option<F>,
    /// The position in the file where the mapping begins. Pages are counted from the start of the file.
    offset: u64,
    length: Cell<u64>,
    kind: Kind,
    /// Private pages. Not borrowed during a call of the host, which may never return.
    pages: RefCell<Pages>,
}

impl<F: File> Mapping<F> {
    pub fn of_file(file: F, length: u64, request: Request, offset: u64) -> Outcome<Self> {
        let size = file.size().map_err(to_mapping_error)?;
        let length = length_to_map(size, length, offset, request.may_pass_end())?;
        Self::new(Some(file), length, request.kind(), offset)
    }

    pub fn of_memory(length: u64, request: Request) -> Outcome<Self> {
        if length == 0 {
            return Err(ErrorCode::InvalidArgument);
        }
        Self::new(None, length, request.kind(), 0)
    }

    fn new(file: Option<F>, length: u64, kind: Kind, offset: u64) -> Outcome<Self> {
        if length > ADDRESS_SPACE {
            return Err(ErrorCode::NoMemory);
        }
        Ok(Self { file, offset, length: Cell::new(length), kind, pages: RefCell::default() })
    }

    pub fn length(&self) -> u64 {
        self.length.get()
    }

    pub fn access(&self) -> Access {
        match self.kind {
            Kind { write: false, .. } => Access::Read,
            Kind { shared: true, .. } => Access::Write,
            _ => Access::Copy,
        }
    }

    pub fn file_size(&self) -> Outcome<u64> {
        self.file.as_ref().map_or(Ok(self.length.get()), |file| file.size().map_err(to_mapping_error))
    }

    /// The file, if changes reach it.
    fn shared_file(&self) -> Option<&F> {
        self.file.as_ref().filter(|_| self.kind.shared)
    }

    /// The position of a range in the file. `out-of-range` if it does not lie inside the mapping.
    fn position(&self, offset: u64, length: u64) -> Outcome<u64> {
        if offset > self.length.get() || length > self.length.get() - offset {
            return Err(ErrorCode::OutOfRange);
        }
        Ok(self.offset + offset)
    }

    fn may_read(&self, offset: u64, length: u64) -> Outcome<u64> {
        if !self.kind.read {
            return Err(ErrorCode::AccessDenied);
        }
        self.position(offset, length)
    }

    fn may_write(&self, offset: u64, length: u64) -> Outcome<u64> {
        if !self.kind.write {
            return Err(ErrorCode::ReadOnly);
        }
        self.position(offset, length)
    }

    /// `fault` if a page of the range is lost. Private pages past the end of the file are lost too.
    fn require_pages(&self, position: u64, length: u64) -> Outcome<()> {
        let end = position + length;
        let Some(file) = self.file.as_ref().filter(|_| length > 0) else { return Ok(()) };
        let covered = covered(file)?;
        if end <= covered {
            return Ok(());
        }
        self.pages.borrow_mut().drop_from(covered / PAGE);
        Err(ErrorCode::Fault)
    }

    /// Reads bytes of the mapping, and returns their number: less than there is room for if a page is lost.
    fn load(&self, position: u64, room: &mut (impl Room<F> + ?Sized)) -> Outcome<usize> {
        let length = room.length();
        let there = match &self.file {
            #[allow(clippy::cast_possible_truncation)] // At most what there is room for.
            Some(file) if self.pages.borrow().cover(position, length as u64) => {
                covered(file)?.saturating_sub(position).min(length as u64) as usize
            }
            Some(file) => read_pages(file, position, room)?,
            None => {
                room.clear(0..length);
                length
            }
        };
        if let Some(file) = self.file.as_ref().filter(|_| there < length) {
            let lost = covered(file)?.min(position + there as u64);
            self.pages.borrow_mut().drop_from(lost / PAGE);
        }
        self.pages.borrow().overlay(position, room);
        Ok(there)
    }

    fn load_all(&self, position: u64, room: &mut (impl Room<F> + ?Sized)) -> Outcome<()> {
        if self.load(position, room)? < room.length() {
            return Err(ErrorCode::Fault);
        }
        Ok(())
    }

    /// `make` makes the list of this many bytes that the caller gets.
    pub fn read<L: Room<F>>(&self, offset: u64, length: u64, make: impl FnOnce(usize) -> Outcome<L>) -> Outcome<L> {
        let position = self.may_read(offset, length)?;
        if length > CHUNK {
            // A long list of pages that are lost is not made.
            self.require_pages(position, length)?;
        }
        let mut list = make(usize::try_from(length).map_err(|_| ErrorCode::NoMemory)?)?;
        self.load_all(position, &mut list)?;
        Ok(list)
    }

    pub fn write(&self, offset: u64, bytes: &(impl Bytes<F> + ?Sized)) -> Outcome<()> {
        let length = bytes.length() as u64;
        let position = self.may_write(offset, length)?;
        if let Some(file) = self.shared_file() {
            return write_pages(file, position, bytes);
        }
        self.require_pages(position, length)?;
        let end = position + length;
        // A page that is overwritten as a whole need not be read first.
        self.make_private(position, length, |number| number * PAGE < position || end - number * PAGE < PAGE)?;
        self.pages.borrow_mut().store(position, bytes);
        Ok(())
    }

    /// Gives the mapping private pages in a range, all of them or none. They hold the bytes of the file where `needed` says
    /// so, else zeros.
    fn make_private(&self, position: u64, length: u64, needed: impl Fn(u64) -> bool) -> Outcome<()> {
        let missing = || numbers(position, length).filter(|number| !self.pages.borrow().contains(*number));
        let mut new: Vec<(u64, Page)> = Vec::new();
        new.try_reserve_exact(missing().count()).map_err(|_| ErrorCode::NoMemory)?;
        for number in missing() {
            new.push((number, new_page()?));
        }
        if let Some(file) = &self.file {
            const MOST: usize = CHUNK_SIZE / PAGE_SIZE;
            // One read for adjacent pages.
            let together = |(a, _): &(u64, Page), (b, _): &(u64, Page)| a + 1 == *b && needed(*a) == needed(*b);
            for pages in new.chunk_by_mut(together).flat_map(|run| run.chunks_mut(MOST)) {
                let first = pages[0].0;
                if !needed(first) {
                    continue;
                }
                let mut bytes = zeros(pages.len() * PAGE_SIZE)?;
                if read_pages(file, first * PAGE, bytes.as_mut_slice())? < bytes.len() {
                    return Err(ErrorCode::Fault);
                }
                for ((_, page), content) in pages.iter_mut().zip(bytes.chunks_exact(PAGE_SIZE)) {
                    page.copy_from_slice(content);
                }
            }
        }
        self.pages.borrow_mut().add(new)
    }

    pub fn copy_within(&self, destination: u64, source: u64, length: u64) -> Outcome<()> {
        let to = self.may_write(destination, length)?;
        let from = self.may_read(source, length)?;
        self.require_pages(from.max(to), length)?;
        if from == to {
            return Ok(());
        }
        if self.shared_file().is_none() {
            self.make_private(to, length, |_| true)?;
        }
        #[allow(clippy::cast_possible_truncation)] // A chunk.
        let mut bytes = zeros(CHUNK.min(length) as usize)?;
        let backward = from < to;
        let mut done = 0;
        while done < length {
            let part = (bytes.len() as u64).min(length - done);
            // Where the ranges overlap, the part that would be overwritten is copied first.
            let at = if backward { length - done - part } else { done };
            #[allow(clippy::cast_possible_truncation)] // A chunk.
            let bytes = &mut bytes[..part as usize];
            self.load_all(from + at, bytes)?;
            match self.shared_file() {
                Some(file) => write_pages(file, to + at, bytes)?,
                None => self.pages.borrow_mut().store::<F>(to + at, bytes),
            }
            done += part;
        }
        Ok(())
    }

    pub fn find(&self, needle: &[u8], start: u64, end: u64) -> Outcome<Option<u64>> {
        self.search(needle, start, end, start, forward)
    }

    pub fn rfind(&self, needle: &[u8], start: u64, end: u64) -> Outcome<Option<u64>> {
        self.search(needle, start, end, end.min(self.length.get()), backward)
    }

    /// `of_nothing` is the position of an empty needle.
    fn search(&self, needle: &[u8], start: u64, end: u64, of_nothing: u64, search: Search) -> Outcome<Option<u64>> {
        let end = end.min(self.length.get());
        self.may_read(0, 0)?;
        if start > end {
            return Ok(None);
        }
        if needle.is_empty() {
            return Ok(Some(of_nothing));
        }
        let offset = self.offset;
        match search(needle, start, end, F::WINDOW, &mut |at, window| self.load(offset + at, window))? {
            Found::At(at) => Ok(Some(at)),
            Found::Nowhere => Ok(None),
            Found::Lost => Err(ErrorCode::Fault),
        }
    }

    pub fn flush(&self, offset: u64, length: u64) -> Outcome<()> {
        match self.file_to_flush(offset, length)? {
            Some(file) => file.sync().map_err(to_mapping_error),
            None => Ok(()),
        }
    }

    /// Changes are in the file already, and WASI cannot begin to store them without waiting.
    pub fn start_flush(&self, offset: u64, length: u64) -> Outcome<()> {
        self.file_to_flush(offset, length).map(|_| ())
    }

    /// The file, if it may have changes of the range.
    fn file_to_flush(&self, offset: u64, length: u64) -> Outcome<Option<&F>> {
        let position = self.position(offset, length)?;
        let Some(file) = self.shared_file().filter(|_| length > 0 && self.kind.write) else { return Ok(None) };
        self.require_pages(position, length)?;
        Ok(Some(file))
    }

    /// New bytes of a file are zero, but have no blocks yet, because WASI cannot ask for them.
    pub fn resize(&self, length: u64) -> Outcome<()> {
        if self.access() != Access::Write {
            return Err(ErrorCode::NotResizable);
        }
        if length == 0 || self.offset > MAX_FILE_OFFSET || length > MAX_FILE_OFFSET - self.offset {
            return Err(ErrorCode::InvalidArgument);
        }
        if length > ADDRESS_SPACE {
            return Err(ErrorCode::NoMemory);
        }
        match &self.file {
            Some(_) if self.offset + length > MAX_FILE_SIZE => return Err(ErrorCode::NoSpace),
            Some(file) => file.set_size(self.offset + length).map_err(to_mapping_error)?,
            None => self.pages.borrow_mut().cut(length),
        }
        self.length.set(length);
        Ok(())
    }

    pub fn advise(&self, offset: u64, length: u64, advice: Advice) -> Outcome<()> {
        if offset >= self.length.get() {
            return Err(ErrorCode::OutOfRange);
        }
        let advice = match advice {
            Advice::Normal => HostAdvice::Normal,
            Advice::Random => HostAdvice::Random,
            Advice::Sequential => HostAdvice::Sequential,
            Advice::WillNeed => HostAdvice::WillNeed,
            Advice::DontNeed => HostAdvice::DontNeed,
        };
        if let Some(file) = &self.file {
            // A host that cannot take advice ignores it.
            let _ = file.advise(self.offset + offset, length.min(self.length.get() - offset), advice);
        }
        Ok(())
    }

    /// Reads the range, and so brings it into the memory of the host's system.
    pub fn populate(&self, offset: u64, length: u64) -> Outcome<()> {
        let position = self.may_read(offset, length)?;
        self.require_pages(position, length)?;
        if self.file.is_none() {
            return Ok(());
        }
        #[allow(clippy::cast_possible_truncation)] // A chunk.
        let mut bytes = zeros(CHUNK.min(length) as usize)?;
        let mut done = 0;
        while done < length {
            let part = CHUNK.min(length - done);
            #[allow(clippy::cast_possible_truncation)] // A chunk.
            self.load_all(position + done, &mut bytes[..part as usize])?;
            done += part;
        }
        Ok(())
    }

    /// WASI does not say what is in memory.
    pub fn resident(&self, offset: u64, length: u64) -> Outcome<u64> {
        self.may_read(offset, length)?;
        if length > 0 {
            Err(ErrorCode::Unsupported)
        } else {
            Ok(0)
        }
    }

    /// There are no pages of the host's system to lock.
    pub fn mlock(&self) -> Outcome<()> {
        self.may_read(0, 0)?;
        Err(ErrorCode::Unsupported)
    }
}
