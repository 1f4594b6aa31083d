//! What `read` returns: bytes that go from the mapped pages into the memory of the guest in one copy.
//!
//! wasmtime lowers lists from slices, but a page may be lost in the midst of the copy, and then the result has to be
//! the error. So the copy is made by the core while the result is lowered. The traits of wasmtime for that are meant for
//! its derive macros, which is why its version is pinned.

use crate::generated::wasi_mmap::mmap::mapping::ErrorCode;
use crate::Mapping;
use std::mem::MaybeUninit;
use wasmtime::component::__internal::{CanonicalAbiInfo, InstanceType, InterfaceType, LowerContext};
use wasmtime::component::{ComponentType, Lower};
use wasmtime::{Result, ValRaw};

/// A `list<u8>` that is in the memory of the guest already.
pub struct InGuest {
    address: u32,
    length: u32,
}

// SAFETY: everything is that of `[u8]`, the host's type for the same `list<u8>`.
unsafe impl ComponentType for InGuest {
    type Lower = <[u8] as ComponentType>::Lower;
    const ABI: CanonicalAbiInfo = <[u8] as ComponentType>::ABI;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        <[u8] as ComponentType>::typecheck(ty, types)
    }
}

// SAFETY: a list is lowered as its address and its length, and both places are written whole.
unsafe impl Lower for InGuest {
    fn linear_lower_to_flat<T>(
        &self,
        _: &mut LowerContext<'_, T>,
        _: InterfaceType,
        dst: &mut MaybeUninit<Self::Lower>,
    ) -> Result<()> {
        dst.write([ValRaw::u32(self.address), ValRaw::u32(self.length)]);
        Ok(())
    }

    fn linear_lower_to_memory<T>(&self, cx: &mut LowerContext<'_, T>, _: InterfaceType, offset: usize) -> Result<()> {
        *cx.get(offset) = self.address.to_le_bytes();
        *cx.get(offset + size_of::<u32>()) = self.length.to_le_bytes();
        Ok(())
    }
}

type Lowered = std::result::Result<InGuest, ErrorCode>;

/// The result of `read`: a range that may be read, or why not.
pub struct Bytes(pub std::result::Result<Range, ErrorCode>);

/// Bytes of a mapping.
pub struct Range {
    pub mapping: Mapping,
    pub offset: u64,
    pub length: u32,
}

impl Bytes {
    /// Has the guest make room and copies into it. An error of the outer kind is a trap.
    fn copy_to_guest<T>(&self, cx: &mut LowerContext<'_, T>) -> Result<Lowered> {
        let Range { mapping, offset, length } = match &self.0 {
            Ok(range) => range,
            Err(code) => return Ok(Err(*code)),
        };
        // A guest cannot call its imports meanwhile, so that the mapping stays as it was when the range was checked.
        let address = cx.realloc(0, 0, 1, *length as usize)?;
        // Memory may have moved; wasmtime has checked that the new block lies in it.
        let target = cx
            .as_slice_mut()
            .get_mut(address..)
            .and_then(|rest| rest.get_mut(..*length as usize))
            .ok_or_else(|| wasmtime::format_err!("realloc returned a block outside the memory"))?;
        let lowered = InGuest { address: u32::try_from(address)?, length: *length };
        Ok(mapping.with(|mapping| mapping.read(*offset, target)).map(|()| lowered))
    }
}

// SAFETY: everything is that of the `Result` that it is lowered as.
unsafe impl ComponentType for Bytes {
    type Lower = <Lowered as ComponentType>::Lower;
    const ABI: CanonicalAbiInfo = <Lowered as ComponentType>::ABI;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        <Lowered as ComponentType>::typecheck(ty, types)
    }
}

// SAFETY: it is lowered as that `Result`, by its own implementation.
unsafe impl Lower for Bytes {
    fn linear_lower_to_flat<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        dst: &mut MaybeUninit<Self::Lower>,
    ) -> Result<()> {
        self.copy_to_guest(cx)?.linear_lower_to_flat(cx, ty, dst)
    }

    fn linear_lower_to_memory<T>(&self, cx: &mut LowerContext<'_, T>, ty: InterfaceType, offset: usize) -> Result<()> {
        self.copy_to_guest(cx)?.linear_lower_to_memory(cx, ty, offset)
    }
}
