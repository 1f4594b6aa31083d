//! `wasi:filesystem`, passed through: every call goes to the host, and every result comes from it.

use crate::bindings::exports::wasi::filesystem::{preopens as own_preopens, types as own};
use crate::bindings::wasi::filesystem::{preopens, types};
use crate::bindings::wasi::io::error::Error as StreamError;
use crate::bindings::wasi::io::streams::{InputStream, OutputStream};
use crate::bindings::Polyfill;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use own::DescriptorBorrow;
use types::{
    Advice, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry, ErrorCode, MetadataHashValue,
    NewTimestamp, OpenFlags, PathFlags,
};

type Outcome<T> = Result<T, ErrorCode>;

/// A guest's descriptor: keeps the host's one as long as the guest or a mapping needs it.
pub struct Descriptor(pub Rc<types::Descriptor>);

impl Descriptor {
    fn new_resource(host: types::Descriptor) -> own::Descriptor {
        own::Descriptor::new(Self(Rc::new(host)))
    }

    fn of<'a>(borrow: &'a DescriptorBorrow<'_>) -> &'a types::Descriptor {
        &borrow.get::<Self>().0
    }
}

/// A guest's directory listing.
pub struct DirectoryEntryStream(types::DirectoryEntryStream);

impl own_preopens::Guest for Polyfill {
    fn get_directories() -> Vec<(own::Descriptor, String)> {
        let directories = preopens::get_directories().into_iter();
        directories.map(|(directory, name)| (Descriptor::new_resource(directory), name)).collect()
    }
}

impl own::Guest for Polyfill {
    type Descriptor = Descriptor;
    type DirectoryEntryStream = DirectoryEntryStream;

    fn filesystem_error_code(error: &StreamError) -> Option<ErrorCode> {
        types::filesystem_error_code(error)
    }
}

impl own::GuestDirectoryEntryStream for DirectoryEntryStream {
    fn read_directory_entry(&self) -> Outcome<Option<DirectoryEntry>> {
        self.0.read_directory_entry()
    }
}

impl own::GuestDescriptor for Descriptor {
    fn read_via_stream(&self, offset: u64) -> Outcome<InputStream> {
        self.0.read_via_stream(offset)
    }

    fn write_via_stream(&self, offset: u64) -> Outcome<OutputStream> {
        self.0.write_via_stream(offset)
    }

    fn append_via_stream(&self) -> Outcome<OutputStream> {
        self.0.append_via_stream()
    }

    fn advise(&self, offset: u64, length: u64, advice: Advice) -> Outcome<()> {
        self.0.advise(offset, length, advice)
    }

    fn sync_data(&self) -> Outcome<()> {
        self.0.sync_data()
    }

    fn get_flags(&self) -> Outcome<DescriptorFlags> {
        self.0.get_flags()
    }

    fn get_type(&self) -> Outcome<DescriptorType> {
        self.0.get_type()
    }

    fn set_size(&self, size: u64) -> Outcome<()> {
        self.0.set_size(size)
    }

    fn set_times(&self, access: NewTimestamp, modification: NewTimestamp) -> Outcome<()> {
        self.0.set_times(access, modification)
    }

    fn read(&self, length: u64, offset: u64) -> Outcome<(Vec<u8>, bool)> {
        self.0.read(length, offset)
    }

    fn write(&self, bytes: Vec<u8>, offset: u64) -> Outcome<u64> {
        self.0.write(&bytes, offset)
    }

    fn read_directory(&self) -> Outcome<own::DirectoryEntryStream> {
        Ok(own::DirectoryEntryStream::new(DirectoryEntryStream(self.0.read_directory()?)))
    }

    fn sync(&self) -> Outcome<()> {
        self.0.sync()
    }

    fn create_directory_at(&self, path: String) -> Outcome<()> {
        self.0.create_directory_at(&path)
    }

    fn stat(&self) -> Outcome<DescriptorStat> {
        self.0.stat()
    }

    fn stat_at(&self, flags: PathFlags, path: String) -> Outcome<DescriptorStat> {
        self.0.stat_at(flags, &path)
    }

    fn set_times_at(
        &self,
        flags: PathFlags,
        path: String,
        access: NewTimestamp,
        modification: NewTimestamp,
    ) -> Outcome<()> {
        self.0.set_times_at(flags, &path, access, modification)
    }

    fn link_at(&self, flags: PathFlags, old: String, directory: DescriptorBorrow<'_>, new: String) -> Outcome<()> {
        self.0.link_at(flags, &old, Self::of(&directory), &new)
    }

    fn open_at(
        &self,
        flags: PathFlags,
        path: String,
        open: OpenFlags,
        rights: DescriptorFlags,
    ) -> Outcome<own::Descriptor> {
        self.0.open_at(flags, &path, open, rights).map(Self::new_resource)
    }

    fn readlink_at(&self, path: String) -> Outcome<String> {
        self.0.readlink_at(&path)
    }

    fn remove_directory_at(&self, path: String) -> Outcome<()> {
        self.0.remove_directory_at(&path)
    }

    fn rename_at(&self, old: String, directory: DescriptorBorrow<'_>, new: String) -> Outcome<()> {
        self.0.rename_at(&old, Self::of(&directory), &new)
    }

    fn symlink_at(&self, old: String, new: String) -> Outcome<()> {
        self.0.symlink_at(&old, &new)
    }

    fn unlink_file_at(&self, path: String) -> Outcome<()> {
        self.0.unlink_file_at(&path)
    }

    fn is_same_object(&self, other: DescriptorBorrow<'_>) -> bool {
        self.0.is_same_object(Self::of(&other))
    }

    fn metadata_hash(&self) -> Outcome<MetadataHashValue> {
        self.0.metadata_hash()
    }

    fn metadata_hash_at(&self, flags: PathFlags, path: String) -> Outcome<MetadataHashValue> {
        self.0.metadata_hash_at(flags, &path)
    }
}
