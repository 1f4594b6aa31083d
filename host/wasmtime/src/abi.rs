//! What the traits of wasmtime that are meant for its derive macros do here: the result of `read`, bytes that go from the
//! mapped pages into the memory of the guest in one copy, and the address of a region in the guest's memory.
//!
//! wasmtime lowers lists from slices, but a page may be lost during the copy, and then the result must be the error. So
//! the core copies while the result is lowered. wasmtime gives the place of a list in the host alone, and a memory begins at any
//! page there, so the address in the guest is kept as the list is lifted. These traits may change with any version: only this
//! file names them, and without the feature `single-copy`, `abi_public.rs` takes its place.

use crate::bindings::{ErrorCode, Outcome};
use crate::ctx::{View, WasiMmap};
use crate::mapping::Mapping;
use crate::native;
use std::any::Any;
use std::mem::MaybeUninit;
use wasmtime::component::__internal::{CanonicalAbiInfo, InstanceType, InterfaceType, LiftContext, LowerContext};
use wasmtime::component::{ComponentType, Lift, Lower, Resource, WasmList};
use wasmtime::{bail, format_err, Result, StoreContextMut};

/// The host's own type for a `result<list<u8>, error-code>`.
type Lowered = std::result::Result<Vec<u8>, ErrorCode>;

/// The result of `read` in a store whose state is `T`: a range of a mapping, read when the result is lowered.
pub struct Bytes<T: 'static> {
    view: View<T>,
    this: Resource<Mapping>,
    offset: u64,
    length: u64,
}

/// Reads from a mapping, once the result is lowered.
#[allow(clippy::unnecessary_wraps)] // The signature of abi_public.rs.
pub fn read<T: 'static>(
    _: &mut StoreContextMut<'_, T>,
    view: View<T>,
    this: Resource<Mapping>,
    offset: u64,
    length: u64,
) -> Result<Bytes<T>> {
    Ok(Bytes { view, this, offset, length })
}

/// Offsets of the parts of a list in a result, after the byte that tells list from error (canonical ABI).
const ADDRESS_AT: usize = 4;
const LENGTH_AT: usize = 8;

impl<T: 'static> Bytes<T> {
    fn borrow<'a, S>(&self, cx: &'a mut LowerContext<'_, S>) -> Result<WasiMmap<'a>> {
        let state = (cx.store.data_mut() as &mut dyn Any).downcast_mut::<T>();
        let state = state.ok_or_else(|| format_err!("a store of another type than its linker"))?;
        Ok((self.view)(state))
    }

    /// Has the guest allocate a block, copies at most `most` bytes into it, and stores its address and length. An outer error
    /// is a trap.
    fn copy<S>(
        &self,
        mapping: &mut native::Mapping,
        cx: &mut LowerContext<'_, S>,
        (offset, most): (usize, u64),
    ) -> Result<Outcome<()>> {
        if let Err(code) = mapping.may_read(self.offset, self.length) {
            return Ok(Err(code));
        }
        // No guest has more memory.
        let Some(length) = u32::try_from(self.length).ok().filter(|_| self.length <= most) else {
            return Ok(Err(ErrorCode::NoMemory));
        };
        let address = cx.realloc(0, 0, 1, length as usize)?;
        let memory = cx.as_slice_mut(); // After realloc: the guest may have grown its memory.
        let target = memory.get_mut(address..).and_then(|rest| rest.get_mut(..length as usize));
        let target = target.ok_or_else(|| format_err!("realloc returned a block outside the memory"))?;
        if let Err(code) = mapping.read(self.offset, target) {
            return Ok(Err(code));
        }
        let result = &mut memory[offset..][..Self::SIZE32];
        result[0] = 0;
        result[ADDRESS_AT..LENGTH_AT].copy_from_slice(&u32::try_from(address)?.to_le_bytes());
        result[LENGTH_AT..].copy_from_slice(&length.to_le_bytes());
        Ok(Ok(()))
    }

    /// Reads with the mapping outside of the table: the guest runs while it allocates.
    fn store<S>(&self, cx: &mut LowerContext<'_, S>, offset: usize) -> Result<Outcome<()>> {
        let WasiMmap { ctx, table } = self.borrow(cx)?;
        let most = ctx.max_read;
        let mut state = match table.get_mut(&self.this)?.take() {
            Ok(state) => state,
            Err(code) => return Ok(Err(code)),
        };
        let stored = self.copy(&mut state.native, cx, (offset, most));
        let WasiMmap { ctx, table } = self.borrow(cx)?;
        table.get_mut(&self.this)?.put_back(state);
        match &stored {
            Ok(Ok(())) => ctx.counts.read += self.length,
            Ok(failed) => ctx.counts.note(failed),
            Err(_) => {}
        }
        stored
    }
}

// SAFETY: all items are those of the host's own type for the same type of the component model.
unsafe impl<T: 'static> ComponentType for Bytes<T> {
    type Lower = <Lowered as ComponentType>::Lower;
    const ABI: CanonicalAbiInfo = <Lowered as ComponentType>::ABI;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        <Lowered as ComponentType>::typecheck(ty, types)
    }
}

// SAFETY: `linear_lower_to_memory` writes the byte that tells the cases apart and both parts of the list, or calls the
// host's own type; `linear_lower_to_flat` never succeeds, so it need not write anything.
unsafe impl<T: 'static> Lower for Bytes<T> {
    fn linear_lower_to_flat<S>(
        &self,
        _: &mut LowerContext<'_, S>,
        _: InterfaceType,
        _: &mut MaybeUninit<Self::Lower>,
    ) -> Result<()> {
        bail!("a result of three values is stored in memory")
    }

    fn linear_lower_to_memory<S>(&self, cx: &mut LowerContext<'_, S>, ty: InterfaceType, offset: usize) -> Result<()> {
        match self.store(cx, offset)? {
            Ok(()) => Ok(()),
            Err(code) => Lowered::Err(code).linear_lower_to_memory(cx, ty, offset),
        }
    }
}

/// A list that a guest passes to name a region of its memory.
pub struct GuestRegion {
    list: WasmList<u8>,
    /// In the guest's memory, modulo 2^32.
    address: u32,
}

pub fn list_of(region: &GuestRegion) -> &WasmList<u8> {
    &region.list
}

/// An address that is a multiple of the granularity if that of the region in the guest's memory is one.
pub fn guest_address(region: &GuestRegion, _in_host: usize) -> usize {
    region.address as usize
}

// SAFETY: all items are those of the list.
unsafe impl ComponentType for GuestRegion {
    type Lower = <WasmList<u8> as ComponentType>::Lower;
    const ABI: CanonicalAbiInfo = <WasmList<u8> as ComponentType>::ABI;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        <WasmList<u8> as ComponentType>::typecheck(ty, types)
    }
}

// SAFETY: the list is lifted as wasmtime does, from values that are only looked at here.
unsafe impl Lift for GuestRegion {
    fn linear_lift_from_flat(cx: &mut LiftContext<'_>, ty: InterfaceType, src: &Self::Lower) -> Result<Self> {
        let address = src[0].get_u32();
        Ok(Self { list: WasmList::linear_lift_from_flat(cx, ty, src)?, address })
    }

    fn linear_lift_from_memory(_: &mut LiftContext<'_>, _: InterfaceType, _: &[u8]) -> Result<Self> {
        bail!("an argument among so few is not passed in memory")
    }
}
