//! The rules of a generation, over its bindings.

/// Implements the traits of `generation` for the types of one. The module has `Descriptor`, and the functions `size` and
/// `identity`; it gets `map`.
macro_rules! implement {
    ($bindings:ident, $mapping:literal, $span:literal) => {
        use super::{any, AnyMapping, AnySpan, File, Mapping, Result, Span};
        use crate::bindings::$bindings::wasi_mmap::mmap::{mapping, span};
        use crate::{Access, Advice, ErrorCode, Protection, Sharing};

        pub fn map(file: Option<&Descriptor>, length: u64, access: Access, offset: u64) -> Result<AnyMapping> {
            mapping::mmap(file, length, access, offset).map(any::mapping)
        }

        impl File for Descriptor {
            fn mmap(&self, length: u64, access: Access, offset: u64) -> Result<AnyMapping> {
                map(Some(self), length, access, offset)
            }

            fn mmap_posix(
                &self,
                length: u64,
                sharing: Sharing,
                protection: Protection,
                offset: u64,
            ) -> Result<AnyMapping> {
                mapping::mmap_posix(Some(self), length, sharing, protection, offset).map(any::mapping)
            }

            fn size(&self) -> std::io::Result<u64> {
                size(self)
            }

            fn identity(&self) -> Option<u64> {
                identity(self)
            }

            fn granularity() -> Option<u32> {
                span::granularity()
            }

            /// The generated function takes `&[u8]`, which would promise that the bytes are initialized and that the call does
            /// not change them: the compiler could then use old values for later loads.
            unsafe fn attach(mapping: &AnyMapping, offset: u64, region: *mut u8, length: usize) -> Result<AnySpan> {
                let mut outcome = Outcome { is_error: 1, value: 0 };
                // SAFETY: this is the signature of the function in the canonical ABI, and the caller owns the region.
                unsafe { raw_attach(mapping.handle(), offset, region, length, &raw mut outcome) };
                if outcome.is_error == 0 {
                    // SAFETY: the host has just returned this handle.
                    Ok(any::span(unsafe { span::Span::from_handle(outcome.value) }))
                } else {
                    // SAFETY: the host's error is a case of the enumeration, whose number is a byte.
                    Err(unsafe { ErrorCode::_lift(outcome.value.to_le_bytes()[0]) })
                }
            }
        }

        /// `result<span, error-code>` in the canonical ABI.
        #[repr(C)]
        struct Outcome {
            is_error: u8,
            /// The handle, or the error in its first byte.
            value: u32,
        }

        #[cfg(target_arch = "wasm32")]
        #[link(wasm_import_module = $mapping)]
        extern "C" {
            #[link_name = "[method]mapping.read"]
            fn raw_read(mapping: u32, offset: u64, length: u64, result: *mut u8);
        }

        #[cfg(target_arch = "wasm32")]
        #[link(wasm_import_module = $span)]
        extern "C" {
            #[link_name = "attach"]
            fn raw_attach(mapping: u32, offset: u64, region: *mut u8, length: usize, outcome: *mut Outcome);
        }

        /// Other targets only compile the documentation.
        #[cfg(not(target_arch = "wasm32"))]
        unsafe fn raw_read(_: u32, _: u64, _: u64, _: *mut u8) {
            unreachable!()
        }

        #[cfg(not(target_arch = "wasm32"))]
        unsafe fn raw_attach(_: u32, _: u64, _: *mut u8, _: usize, _: *mut Outcome) {
            unreachable!()
        }

        impl Mapping for mapping::Mapping {
            unsafe fn raw_read(&self, offset: u64, length: u64, result: *mut u8) {
                // SAFETY: the arguments are those of the canonical ABI, and the caller has the room.
                unsafe { raw_read(self.handle(), offset, length, result) }
            }

            forward! {
                fn handle() -> u32;
                fn length() -> u64;
                fn access() -> Access;
                fn file_size() -> Result<u64>;
                fn read(offset: u64, length: u64) -> Result<Vec<u8>>;
                fn write(offset: u64, bytes: &[u8]) -> Result<()>;
                fn move_(destination: u64, source: u64, length: u64) -> Result<()>;
                fn find(needle: &[u8], start: u64, end: u64) -> Result<Option<u64>>;
                fn rfind(needle: &[u8], start: u64, end: u64) -> Result<Option<u64>>;
                fn flush(offset: u64, length: u64) -> Result<()>;
                fn start_flush(offset: u64, length: u64) -> Result<()>;
                fn resize(length: u64) -> Result<()>;
                fn advise(offset: u64, length: u64, advice: Advice) -> Result<()>;
                fn populate(offset: u64, length: u64) -> Result<()>;
                fn resident(offset: u64, length: u64) -> Result<u64>;
                fn mlock() -> Result<()>;
                fn munlock() -> Result<()>;
            }
        }

        impl Span for span::Span {
            forward! {
                fn faulted() -> bool;
                fn flush(offset: u64, length: u64) -> Result<()>;
                fn advise(offset: u64, length: u64, advice: Advice) -> Result<()>;
            }
        }
    };
}

/// Methods of a trait that are the type's own ones of these names.
macro_rules! forward {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {$(
        fn $name(&self, $($argument: $type),*) -> $result {
            Self::$name(self, $($argument),*)
        }
    )*};
}
