//! The interface `wasi-mmap:mmap/mapping`: checks the rights of descriptors, and calls the mapping.

use crate::bindings::exports::wasi_mmap::mmap::mapping::{
    self, Access, Advice, ErrorCode, Guest, GuestMapping, Protection, Sharing,
};
use crate::bindings::wasi::filesystem::types::{DescriptorFlags, DescriptorType};
use crate::bindings::Polyfill;
use crate::file::to_mapping_error;
use crate::form::{bytes_of, finish, keep, new_list, Borrowed, Keep, List};
use crate::host::Kept;
use crate::mapping::{Mapping, Outcome, Request};

/// The resource `mapping`.
pub struct Resource(Mapping<Keep>);

/// The host's descriptor of a guest's one, if it is a regular file and has the rights.
#[allow(clippy::trivially_copy_pass_by_ref)] // One form has a larger one.
fn checked(descriptor: &Borrowed<'_>, needs_write: bool) -> Outcome<Keep> {
    let file = keep(descriptor);
    if file.descriptor().get_type().map_err(to_mapping_error)? != DescriptorType::RegularFile {
        return Err(ErrorCode::Unsupported);
    }
    let needed = if needs_write { DescriptorFlags::READ | DescriptorFlags::WRITE } else { DescriptorFlags::READ };
    if !file.descriptor().get_flags().map_err(to_mapping_error)?.contains(needed) {
        return Err(ErrorCode::AccessDenied);
    }
    Ok(file)
}

fn open(descriptor: Option<Borrowed<'_>>, length: u64, request: Request, offset: u64) -> Outcome<mapping::Mapping> {
    if !request.is_supported() {
        return Err(ErrorCode::Unsupported);
    }
    let mapping = match descriptor {
        None => Mapping::of_memory(length, request)?,
        Some(descriptor) => Mapping::of_file(checked(&descriptor, request.needs_write())?, length, request, offset)?,
    };
    Ok(mapping::Mapping::new(Resource(mapping)))
}

impl Guest for Polyfill {
    type Mapping = Resource;

    fn mmap(file: Option<Borrowed<'_>>, length: u64, access: Access, offset: u64) -> Outcome<mapping::Mapping> {
        open(file, length, Request::Access(access), offset)
    }

    fn mmap_posix(
        file: Option<Borrowed<'_>>,
        length: u64,
        sharing: Sharing,
        protection: Protection,
        offset: u64,
    ) -> Outcome<mapping::Mapping> {
        open(file, length, Request::Posix(sharing, protection), offset)
    }
}

impl GuestMapping for Resource {
    fn length(&self) -> u64 {
        self.0.length()
    }

    fn access(&self) -> Access {
        self.0.access()
    }

    fn file_size(&self) -> Outcome<u64> {
        self.0.file_size()
    }

    fn read(&self, offset: u64, length: u64) -> Outcome<List> {
        self.0.read(offset, length, new_list).map(finish)
    }

    fn write(&self, offset: u64, bytes: List) -> Outcome<()> {
        self.0.write(offset, &bytes)
    }

    fn move_(&self, destination: u64, source: u64, length: u64) -> Outcome<()> {
        self.0.copy_within(destination, source, length)
    }

    fn find(&self, needle: List, start: u64, end: u64) -> Outcome<Option<u64>> {
        self.0.find(&bytes_of(needle)?, start, end)
    }

    fn rfind(&self, needle: List, start: u64, end: u64) -> Outcome<Option<u64>> {
        self.0.rfind(&bytes_of(needle)?, start, end)
    }

    fn flush(&self, offset: u64, length: u64) -> Outcome<()> {
        self.0.flush(offset, length)
    }

    fn start_flush(&self, offset: u64, length: u64) -> Outcome<()> {
        self.0.start_flush(offset, length)
    }

    fn resize(&self, length: u64) -> Outcome<()> {
        self.0.resize(length)
    }

    fn advise(&self, offset: u64, length: u64, advice: Advice) -> Outcome<()> {
        self.0.advise(offset, length, advice)
    }

    fn populate(&self, offset: u64, length: u64) -> Outcome<()> {
        self.0.populate(offset, length)
    }

    fn resident(&self, offset: u64, length: u64) -> Outcome<u64> {
        self.0.resident(offset, length)
    }

    fn mlock(&self) -> Outcome<()> {
        self.0.mlock()
    }

    fn munlock(&self) -> Outcome<()> {
        Err(ErrorCode::Unsupported)
    }
}
