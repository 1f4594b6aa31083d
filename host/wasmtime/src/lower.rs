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
use wasmtime::{bail, format_err, Result};

/// The host's own type for a `result<list<u8>, error-code>`.
type Lowered = std::result::Result<Vec<u8>, ErrorCode>;

/// The result of `read`: a range that may be read, or why not.
pub struct Bytes(pub std::result::Result<Range, ErrorCode>);

/// Bytes of a mapping.
pub struct Range {
    pub mapping: Mapping,
    pub offset: u64,
    pub length: u32,
}

/// Where the parts of a list lie in a result, behind the byte that tells list from error (canonical ABI).
const ADDRESS_AT: usize = 4;
const LENGTH_AT: usize = 8;

impl Range {
    /// Has the guest make room, copies into it, and stores where it is. An error of the outer kind is a trap.
    fn store<T>(&self, cx: &mut LowerContext<'_, T>, offset: usize) -> Result<std::result::Result<(), ErrorCode>> {
        let length = self.length as usize;
        // A guest cannot call its imports meanwhile, so that the mapping stays as it was when the range was checked.
        let address = cx.realloc(0, 0, 1, length)?;
        let memory = cx.as_slice_mut(); // Taken now: the guest may have grown it.
        let target = memory.get_mut(address..).and_then(|rest| rest.get_mut(..length));
        let target = target.ok_or_else(|| format_err!("realloc returned a block outside the memory"))?;
        if let Err(code) = self.mapping.with(|mapping| mapping.read(self.offset, target)) {
            return Ok(Err(code));
        }
        let result = &mut memory[offset..][..Bytes::SIZE32];
        result[0] = 0;
        result[ADDRESS_AT..LENGTH_AT].copy_from_slice(&u32::try_from(address)?.to_le_bytes());
        result[LENGTH_AT..].copy_from_slice(&self.length.to_le_bytes());
        Ok(Ok(()))
    }
}

// SAFETY: everything is that of the host's own type for the same type of the component model.
unsafe impl ComponentType for Bytes {
    type Lower = <Lowered as ComponentType>::Lower;
    const ABI: CanonicalAbiInfo = <Lowered as ComponentType>::ABI;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        <Lowered as ComponentType>::typecheck(ty, types)
    }
}

// SAFETY: `linear_lower_to_memory` writes the byte that tells the cases apart and both parts of the list, or leaves all
// to the host's own type; `linear_lower_to_flat` never succeeds, so that it need not write anything.
unsafe impl Lower for Bytes {
    fn linear_lower_to_flat<T>(
        &self,
        _: &mut LowerContext<'_, T>,
        _: InterfaceType,
        _: &mut MaybeUninit<Self::Lower>,
    ) -> Result<()> {
        bail!("a result of three values is stored in memory")
    }

    fn linear_lower_to_memory<T>(&self, cx: &mut LowerContext<'_, T>, ty: InterfaceType, offset: usize) -> Result<()> {
        let stored = match &self.0 {
            Ok(range) => range.store(cx, offset)?,
            Err(code) => Err(*code),
        };
        match stored {
            Ok(()) => Ok(()),
            Err(code) => Lowered::Err(code).linear_lower_to_memory(cx, ty, offset),
        }
    }
}
