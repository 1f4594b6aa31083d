//! Makes a core module: types, imports and exports by name, and functions.

use std::collections::HashMap;
use wasm_encoder::{
    CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, GlobalType, ImportSection, InstructionSink, MemArg, MemorySection, MemoryType, Module, RefType,
    TableSection, TableType, TypeSection, ValType,
};

pub const I32: ValType = ValType::I32;
pub const I64: ValType = ValType::I64;
pub const V128: ValType = ValType::V128;

/// The most pages of the polyfill's memory, 1 GiB: an object of the polyfill is known by its address, of which jco keeps 30 bits.
const MOST_PAGES: u64 = 1 << 14;

/// The core types of a function: its parameters and results.
pub type Types = (Vec<ValType>, Vec<ValType>);

/// An address without an alignment that is known.
pub fn at(offset: u64) -> MemArg {
    MemArg { offset, align: 0, memory_index: 0 }
}

fn table_of(length: usize) -> TableType {
    let length = length as u64;
    TableType { element_type: RefType::FUNCREF, minimum: length, maximum: Some(length), table64: false, shared: false }
}

#[derive(Default)]
pub struct Builder {
    types: TypeSection,
    known: HashMap<Types, u32>,
    imports: ImportSection,
    functions: FunctionSection,
    tables: TableSection,
    memories: MemorySection,
    globals: GlobalSection,
    exports: ExportSection,
    elements: ElementSection,
    code: CodeSection,
    function_count: u32,
}

impl Builder {
    pub fn ty(&mut self, types: Types) -> u32 {
        let next = self.types.len();
        if let Some(index) = self.known.get(&types) {
            return *index;
        }
        self.types.ty().function(types.0.iter().copied(), types.1.iter().copied());
        self.known.insert(types, next);
        next
    }

    /// All imports come before the first function.
    pub fn import(&mut self, module: &str, name: &str, types: Types) -> u32 {
        let ty = self.ty(types);
        self.imports.import(module, name, EntityType::Function(ty));
        self.function_count += 1;
        self.function_count - 1
    }

    pub fn import_memory(&mut self, module: &str) {
        let any = MemoryType { minimum: 0, maximum: None, memory64: false, shared: false, page_size_log2: None };
        self.imports.import(module, "memory", any);
    }

    pub fn import_table(&mut self, module: &str, length: usize) {
        self.imports.import(module, "table", table_of(length));
    }

    pub fn memory(&mut self, pages: u64) {
        let maximum = Some(MOST_PAGES);
        let memory = MemoryType { minimum: pages, maximum, memory64: false, shared: false, page_size_log2: None };
        self.memories.memory(memory);
        self.exports.export("memory", ExportKind::Memory, 0);
    }

    pub fn table(&mut self, length: usize) {
        self.tables.table(table_of(length));
        self.exports.export("table", ExportKind::Table, 0);
    }

    /// Fills the table with functions.
    pub fn fill_table(&mut self, functions: Vec<u32>) {
        self.elements.active(Some(0), &ConstExpr::i32_const(0), Elements::Functions(functions.into()));
    }

    /// A variable of 32 bits, 0 at first.
    pub fn global(&mut self) -> u32 {
        let ty = GlobalType { val_type: I32, mutable: true, shared: false };
        self.globals.global(ty, &ConstExpr::i32_const(0));
        self.globals.len() - 1
    }

    /// A function that is not exported.
    pub fn inner(&mut self, types: Types, locals: &[ValType], body: impl FnOnce(&mut InstructionSink<'_>)) -> u32 {
        let ty = self.ty(types);
        self.functions.function(ty);
        let mut function = Function::new_with_locals_types(locals.iter().copied());
        let mut code = function.instructions();
        body(&mut code);
        code.end();
        self.code.function(&function);
        self.function_count += 1;
        self.function_count - 1
    }

    pub fn function(
        &mut self,
        name: &str,
        types: Types,
        locals: &[ValType],
        body: impl FnOnce(&mut InstructionSink<'_>),
    ) -> u32 {
        let index = self.inner(types, locals, body);
        self.exports.export(name, ExportKind::Func, index);
        index
    }

    pub fn finish(self) -> Vec<u8> {
        let mut module = Module::new();
        module.section(&self.types).section(&self.imports).section(&self.functions).section(&self.tables);
        module.section(&self.memories).section(&self.globals).section(&self.exports).section(&self.elements);
        module.section(&self.code);
        module.finish()
    }
}
