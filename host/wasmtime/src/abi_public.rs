//! What `abi.rs` has, without the feature `single-copy`, by what wasmtime documents: the bytes of `read` go into memory of the
//! host, and from there into the guest.

use crate::bindings::{ErrorCode, Outcome};
use crate::calls::call;
use crate::ctx::View;
use crate::mapping::Mapping;
use wasmtime::component::{Resource, WasmList};
use wasmtime::{Result, StoreContextMut};

/// The bytes that the host holds for one call: as many as a guest can pass to the host by default.
const MOST: u64 = 128 << 20;

/// Reads from a mapping. More than [`MOST`] is `no-memory`.
#[allow(clippy::needless_pass_by_value)] // The signature of abi.rs.
pub fn read<T: 'static>(
    store: &mut StoreContextMut<'_, T>,
    view: View<T>,
    this: Resource<Mapping>,
    offset: u64,
    length: u64,
) -> Result<Outcome<Vec<u8>>> {
    let most = view(store.data_mut()).ctx.max_read.min(MOST);
    let result = call(store, view, &this, |mapping| {
        mapping.may_read(offset, length)?;
        let length = usize::try_from(length).ok().filter(|_| length <= most).ok_or(ErrorCode::NoMemory)?;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(length).map_err(|_| ErrorCode::NoMemory)?;
        bytes.resize(length, 0);
        mapping.read(offset, &mut bytes)?;
        Ok(bytes)
    })?;
    if result.is_ok() {
        view(store.data_mut()).ctx.counts.read += length;
    }
    Ok(result)
}

/// A list that a guest passes to name a region of its memory.
pub type GuestRegion = WasmList<u8>;

pub fn list_of(region: &GuestRegion) -> &WasmList<u8> {
    region
}

/// An address that is a multiple of the granularity if that of the region in the guest's memory may be one. Memories begin at
/// any page, so only what is no multiple of a page is known not to be.
pub fn guest_address(_: &GuestRegion, in_host: usize) -> usize {
    const PAGE: usize = 4096; // The smallest one.
    in_host % PAGE
}
