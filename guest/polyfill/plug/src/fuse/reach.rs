//! The modules between the memory of the guest and that of the polyfill. WebAssembly modules with two memories do not run
//! everywhere, so each module sees one, and bytes cross from one to the other as arguments of functions.
//!
//! - `base` has the polyfill's memory.
//! - `reach` sees the guest's. It traps only for a fault of the guest.
//! - `outward` copies from the polyfill's memory to the guest's.

use super::module::{at, Builder, Types, I32, I64, V128};
use wasm_encoder::{BlockType, InstructionSink};

/// The bytes of one call, in so many registers: a call takes as long as some of them.
const BLOCK: i32 = 16 * PARTS.cast_signed();
const PARTS: u32 = 8;

pub fn realloc_types() -> Types {
    (vec![I32; 4], vec![I32])
}

fn store_block_types() -> Types {
    ([vec![I32], vec![V128; PARTS as usize]].concat(), vec![])
}

fn store_byte_types() -> Types {
    (vec![I32, I32], vec![])
}

/// The functions through which another module stores bytes in this module's memory.
fn add_stores(builder: &mut Builder) {
    builder.function("store-block", store_block_types(), &[], |code| {
        for part in 0..PARTS {
            code.local_get(0).local_get(1 + part).v128_store(at(u64::from(16 * part)));
        }
    });
    builder.function("store-byte", store_byte_types(), &[], |code| {
        code.local_get(0).local_get(1).i32_store8(at(0));
    });
}

fn import_stores(builder: &mut Builder, module: &str) -> (u32, u32) {
    let block = builder.import(module, "store-block", store_block_types());
    (block, builder.import(module, "store-byte", store_byte_types()))
}

/// Copies bytes of this module's memory to that of another: parameters `target`, `source` and `length` at these locals.
fn copy(code: &mut InstructionSink<'_>, [target, source, length]: [u32; 3], (block, byte): (u32, u32)) {
    let mut loop_while = |step: i32, send: &dyn Fn(&mut InstructionSink<'_>)| {
        code.block(BlockType::Empty).loop_(BlockType::Empty);
        code.local_get(length).i32_const(step).i32_lt_u().br_if(1);
        send(code);
        for local in [target, source] {
            code.local_get(local).i32_const(step).i32_add().local_set(local);
        }
        code.local_get(length).i32_const(step).i32_sub().local_set(length);
        code.br(0).end().end();
    };
    loop_while(BLOCK, &|code| {
        code.local_get(target);
        for part in 0..PARTS {
            code.local_get(source).v128_load(at(u64::from(16 * part)));
        }
        code.call(block);
    });
    loop_while(1, &|code| {
        code.local_get(target).local_get(source).i32_load8_u(at(0)).call(byte);
    });
}

/// The polyfill's memory, and the host's `realloc` for both memories: it returns the place that `aim` was given.
pub fn base(pages: u64) -> Vec<u8> {
    let mut builder = Builder::default();
    builder.memory(pages);
    let (address, length) = (builder.global(), builder.global());
    add_stores(&mut builder);
    builder.function("load8", (vec![I32], vec![I64]), &[], |code| {
        code.local_get(0).i64_load(at(0));
    });
    builder.function("aim", (vec![I32, I32], vec![]), &[], |code| {
        code.local_get(0).global_set(address).local_get(1).global_set(length);
    });
    builder.function("realloc", realloc_types(), &[], |code| {
        // A host that returns more than was asked for.
        code.local_get(3).global_get(length).i32_gt_u().if_(BlockType::Empty).unreachable().end();
        code.global_get(address);
    });
    builder.function("nothing", (vec![I32], vec![]), &[], |_| {});
    builder.finish()
}

/// Pushes the size of the memory in bytes.
fn memory_size(code: &mut InstructionSink<'_>) {
    code.memory_size(0).i64_extend_i32_u().i64_const(16).i64_shl();
}

/// Traps if a range is not inside of the memory: its address, and its length or where that is.
pub fn require_range(code: &mut InstructionSink<'_>, address: u32, length: Length) {
    code.local_get(address).i64_extend_i32_u();
    match length {
        Length::Local(local) => code.local_get(local).i64_extend_i32_u(),
        Length::Bytes(bytes) => code.i64_const(i64::from(bytes)),
    };
    code.i64_add();
    memory_size(code);
    code.i64_gt_u().if_(BlockType::Empty).unreachable().end();
}

#[derive(Clone, Copy)]
pub enum Length {
    Local(u32),
    Bytes(u32),
}

/// The guest's memory, and the functions that `guest/polyfill/src/fused/guest.rs` imports. The guest has this many functions
/// `realloc`; `select` chooses the one of the running call.
pub fn reach(reallocs: usize) -> Vec<u8> {
    let mut builder = Builder::default();
    builder.import_memory("guest");
    let stores = import_stores(&mut builder, "base");
    let aim = builder.import("base", "aim", (vec![I32, I32], vec![]));
    let host_read = builder.import("host", "read", (vec![I32, I64, I64, I32], vec![]));
    let host_write = builder.import("host", "write", (vec![I32, I32, I32, I64, I32], vec![]));
    let reallocs: Vec<u32> =
        (0..reallocs).map(|index| builder.import("realloc", &index.to_string(), realloc_types())).collect();
    add_stores(&mut builder);
    builder.function("load", (vec![I32; 3], vec![]), &[], |code| {
        require_range(code, 0, Length::Local(2));
        // The order of the parameters is `source`, `target`, `length`.
        copy(code, [1, 0, 2], stores);
    });
    builder.function("clear", (vec![I32, I32], vec![]), &[], |code| {
        code.local_get(0).i32_const(0).local_get(1).memory_fill(0);
    });
    add_allocation(&mut builder, &reallocs);
    // (descriptor, length, offset, address), and locals for the result's place and what was there.
    builder.function("read", (vec![I32, I64, I64, I32], vec![I64]), &[I32, V128, I64], |code| {
        // Where the first bytes are in use the last ones have to stay free, for the result.
        code.local_get(3).i32_const(RESULT).i32_lt_u().if_(BlockType::Empty);
        code.local_get(1);
        memory_size(code);
        code.i64_const(i64::from(RESULT)).i64_sub().local_get(3).i64_extend_i32_u().i64_sub().local_tee(6);
        code.local_get(1).local_get(6).i64_lt_u().select().local_set(1).end();
        code.local_get(3).local_get(1).i32_wrap_i64().call(aim);
        borrow_result(code, 3, 4, 5);
        code.local_get(0).local_get(1).local_get(2).local_get(4).call(host_read);
        code.local_get(4).i32_load8_u(at(0)).if_(BlockType::Result(I64));
        error(code, 4, 4);
        code.else_();
        code.local_get(4).i64_load32_u(at(8));
        code.local_get(4).i64_load8_u(at(12)).i64_const(32).i64_shl().i64_or();
        code.end().local_set(6);
        return_result(code, 4, 5);
        code.local_get(6);
    });
    // (descriptor, address, length, offset), and the same locals.
    builder.function("write", (vec![I32, I32, I32, I64], vec![I64]), &[I32, V128, I64], |code| {
        borrow_result(code, 1, 4, 5);
        code.local_get(0).local_get(1).local_get(2).local_get(3).local_get(4).call(host_write);
        code.local_get(4).i32_load8_u(at(0)).if_(BlockType::Result(I64));
        error(code, 4, 8);
        code.else_();
        // No more than was given; a larger number is that of a wrong host.
        code.local_get(4).i64_load(at(8)).local_tee(6).local_get(2).i64_extend_i32_u();
        code.local_get(6).local_get(2).i64_extend_i32_u().i64_lt_u().select();
        code.end().local_set(6);
        return_result(code, 4, 5);
        code.local_get(6);
    });
    builder.finish()
}

/// The most functions `realloc` of a guest. Every allocation compares their numbers; guests have one for each library at most.
pub const MOST_REALLOCS: usize = 100;

/// The bytes of a result of the host.
const RESULT: i32 = 16;

/// The 16 bytes where the host stores a result, and what was there. They are the guest's, which has no function called until
/// they are given back: the first of its memory, or the last if the bytes at `address` are the first.
fn borrow_result(code: &mut InstructionSink<'_>, address: u32, place: u32, saved: u32) {
    memory_size(code);
    code.i32_wrap_i64().i32_const(RESULT).i32_sub().i32_const(0);
    code.local_get(address).i32_const(RESULT).i32_lt_u().select().local_tee(place);
    code.v128_load(at(0)).local_set(saved);
}

fn return_result(code: &mut InstructionSink<'_>, place: u32, saved: u32) {
    code.local_get(place).local_get(saved).v128_store(at(0));
}

/// Pushes -1 - the error at this offset of the result.
fn error(code: &mut InstructionSink<'_>, place: u32, offset: u64) {
    code.i64_const(-1).local_get(place).i64_load8_u(at(offset)).i64_sub();
}

/// `allocate` and `free`. No guest frees memory by `realloc` to the length 0, so what comes back is made one byte short, which the
/// next list grows from.
fn add_allocation(builder: &mut Builder, reallocs: &[u32]) {
    let chosen = builder.global();
    let spares: Vec<u32> = reallocs.iter().map(|_| builder.global()).collect();
    builder.function("select", (vec![I32], vec![]), &[], |code| {
        code.local_get(0).global_set(chosen);
    });
    let each = |code: &mut InstructionSink<'_>, body: &dyn Fn(&mut InstructionSink<'_>, u32, u32)| {
        for (index, (realloc, spare)) in reallocs.iter().zip(&spares).enumerate() {
            let index = i32::try_from(index).expect("as many as a component has");
            code.global_get(chosen).i32_const(index).i32_eq().if_(BlockType::Empty);
            body(code, *realloc, *spare);
            code.end();
        }
    };
    builder.function("allocate", (vec![I32], vec![I32]), &[I32], |code| {
        each(code, &|code, realloc, spare| {
            code.global_get(spare);
            code.global_get(spare).i32_const(0).i32_ne(); // Its length.
            code.i32_const(1).local_get(0).call(realloc).local_tee(1);
            // Without memory the old one stays.
            code.if_(BlockType::Empty).i32_const(0).global_set(spare).end();
        });
        code.local_get(1).if_(BlockType::Empty);
        require_range(code, 1, Length::Local(0));
        code.end();
        code.local_get(1);
    });
    builder.function("free", (vec![I32, I32], vec![]), &[], |code| {
        each(code, &|code, realloc, spare| {
            code.local_get(0).local_get(1).i32_const(1).i32_const(1).call(realloc).global_set(spare);
        });
    });
}

/// Copies from the polyfill's memory to the guest's.
pub fn outward() -> Vec<u8> {
    let mut builder = Builder::default();
    builder.import_memory("base");
    let stores = import_stores(&mut builder, "reach");
    builder.function("store", (vec![I32; 3], vec![]), &[], |code| copy(code, [0, 1, 2], stores));
    builder.finish()
}
