//! The guest of the page: it maps files, and does with the mappings what the page asks.

#![cfg(feature = "p2")]

use std::io::{Error, Result};

use wasi_mmap::{error_code, Mapping, MmapOptions};

mod bindings {
    #![allow(missing_docs, clippy::pedantic)]
    wit_bindgen::generate!({ path: "../../browser/guest", world: "page" });
}

use bindings::exports::wasi_mmap::browser::viewer::{Access, Guest, GuestView, View};

struct Viewer;

impl Guest for Viewer {
    type View = Mapped;
}

struct Mapped(Mapping);

fn in_words<T>(result: Result<T>) -> std::result::Result<T, String> {
    result.map_err(|error: Error| error_code(&error).map_or_else(|| error.to_string(), |code| code.name().into()))
}

impl GuestView for Mapped {
    fn open(path: String, access: Access) -> std::result::Result<View, String> {
        let access = match access {
            Access::Read => wasi_mmap::Access::Read,
            Access::Write => wasi_mmap::Access::Write,
            Access::Copy => wasi_mmap::Access::Copy,
        };
        in_words(MmapOptions::new().map_with(path.as_str(), access)).map(|mapping| View::new(Self(mapping)))
    }

    fn length(&self) -> u64 {
        self.0.len()
    }

    fn file_size(&self) -> std::result::Result<u64, String> {
        in_words(self.0.file_size())
    }

    fn read(&self, offset: u64, length: u64) -> std::result::Result<Vec<u8>, String> {
        in_words(self.0.read_vec_at(offset, length))
    }

    fn write(&self, offset: u64, bytes: Vec<u8>) -> std::result::Result<(), String> {
        in_words(self.0.write_all_at(&bytes, offset))
    }

    fn find(&self, needle: Vec<u8>, start: u64, end: u64) -> std::result::Result<Option<u64>, String> {
        in_words(self.0.find(&needle, start..end))
    }

    fn rfind(&self, needle: Vec<u8>, start: u64, end: u64) -> std::result::Result<Option<u64>, String> {
        in_words(self.0.rfind(&needle, start..end))
    }

    fn flush(&self) -> std::result::Result<(), String> {
        in_words(self.0.flush())
    }
}

bindings::export!(Viewer with_types_in bindings);
