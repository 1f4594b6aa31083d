//! The parts of `fuse`, on a polyfill that is small enough to be read.

use super::canonical::{Answer, Signature};
use super::front::{fixup, front, shim, Entry};
use super::module::Types as CoreTypes;
use super::polyfill::{Polyfill, FILES};
use super::{fuse, reach, Reason};
use crate::guest::{outside, validate};
use crate::plug::PACKAGE;
use std::collections::HashMap;
use wasm_encoder::ValType::{I32, I64};
use wasmparser::component_types::{ComponentEntityType, ComponentFuncTypeId, ComponentInstanceTypeId};
use wasmparser::types::{Types, TypesRef};
use wasmparser::{Validator, WasmFeatures};

/// The features of the oldest engine: SIMD, but no module with two memories.
const OLDEST: WasmFeatures = WasmFeatures::WASM2.union(WasmFeatures::COMPONENT_MODEL);

fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

#[track_caller]
fn assert_valid(bytes: &[u8]) {
    if let Err(error) = Validator::new_with_features(OLDEST).validate_all(bytes) {
        panic!("{error}");
    }
}

fn instance_of(types: TypesRef<'_>, name: &str) -> ComponentInstanceTypeId {
    match types.component_item_for_import(name).map(|item| item.ty) {
        Some(ComponentEntityType::Instance(id)) => id,
        _ => panic!("no import of {name}"),
    }
}

/// The functions of an imported interface.
fn functions(types: TypesRef<'_>, name: &str) -> HashMap<String, ComponentFuncTypeId> {
    let exports = types[instance_of(types, name)].exports.iter();
    let functions = exports.filter_map(|(name, item)| match item.ty {
        ComponentEntityType::Func(id) => Some((name.clone(), id)),
        _ => None,
    });
    functions.collect()
}

/// A component that lowers a function with these parameters and this result.
fn lowering(function: &str) -> Types {
    let text = format!(
        r#"(component
            (import "t" (instance $t
              (export "thing" (type $thing (sub resource)))
              (type $own (own $thing))
              (type $borrow (borrow $thing))
              (type $two' (enum "a" "b"))
              (export "two" (type $two (eq $two')))
              (type $bits' (flags "a" "b" "c"))
              (export "bits" (type $bits (eq $bits')))
              (type $eight' (flags "a" "b" "c" "d" "e" "f" "g" "h"))
              (export "eight" (type $eight (eq $eight')))
              (type $nine' (flags "a" "b" "c" "d" "e" "f" "g" "h" "i"))
              (export "nine" (type $nine (eq $nine')))
              (type $pair' (record (field "a" bool) (field "b" u64) (field "c" bool)))
              (export "pair" (type $pair (eq $pair')))
              (type $kind' (variant (case "a" u32) (case "b")))
              (export "kind" (type $kind (eq $kind')))
              (export "f" (func {function}))))
            (core module $m
              (memory (export "memory") 1)
              (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
            (core instance $i (instantiate $m))
            (alias export $t "f" (func $f))
            (core func (canon lower (func $f)
              (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))"#
    );
    validate(&wat(&text), WasmFeatures::all()).unwrap_or_else(|error| panic!("{function}: {error}"))
}

fn signature(types: &Types) -> Result<Signature, String> {
    let types = types.as_ref();
    Signature::of(types, &types[functions(types, "t")["f"]])
}

/// The core types of the function that `lowering` makes, as the validator has them.
fn core_types(types: &Types) -> CoreTypes {
    let types = types.as_ref();
    // Function 0 is `realloc`.
    let function = types[types.core_function_at(1)].unwrap_func();
    let of = |all: &[wasmparser::ValType]| all.iter().map(|ty| (*ty).try_into().unwrap()).collect();
    (of(function.params()), of(function.results()))
}

#[test]
fn types_that_no_module_is_made_for() {
    for unknown in [
        r#"(param "a" string)"#,
        r#"(param "a" u8)"#,
        r#"(param "a" f64)"#,
        r#"(param "a" (list u32))"#,
        r#"(param "a" $nine)"#,
        r#"(param "a" $kind)"#,
        r"(result (option string))",
        r"(result (result u8 (error $two)))",
        r"(result (tuple u64 s32))",
    ] {
        let Err(reason) = signature(&lowering(unknown)) else { panic!("{unknown} is known") };
        assert!(reason.starts_with("has a type that cannot be fused: "), "{reason}");
    }
}

#[test]
fn functions_are_lowered_as_the_validator_does() {
    for function in [
        "",
        r"(result u64)",
        r"(result u32)",
        r"(result bool)",
        r"(result $two)",
        r"(result $eight)",
        r"(result $own)",
        r"(result (list u8))",
        r"(result $pair)",
        r"(result (result))",
        r"(result (result (error $two)))",
        r"(result (result u64 (error $two)))",
        r"(result (result u32 (error u64)))",
        r"(result (option u64))",
        r"(result (result (list u8) (error $two)))",
        r"(result (result (option u64) (error $two)))",
        r"(result (result (tuple (list u8) bool) (error $two)))",
        r#"(param "a" u64)"#,
        r#"(param "a" $borrow) (param "b" u64) (param "c" (list u8))"#,
        r#"(param "a" (option $borrow)) (param "b" u64) (param "c" $two) (param "d" $bits) (param "e" u64)"#,
        r#"(param "a" $pair) (param "b" (option $pair)) (param "c" $own) (result (result $own (error $two)))"#,
        r#"(param "a" (tuple u32 bool (list u8))) (param "b" (option (option u64))) (result (result $pair))"#,
    ] {
        let types = lowering(function);
        let signature = signature(&types).unwrap_or_else(|reason| panic!("{function}: {reason}"));
        assert_eq!(signature.lowered(), core_types(&types), "{function}");
    }
}

#[test]
fn results_of_two_kinds_have_registers_for_both() {
    // Of a function with a result in registers, which no function has yet.
    let flat = |function: &str| {
        let types = lowering(function);
        let types = types.as_ref();
        let result = types[functions(types, "t")["f"]].result.expect("a result");
        super::canonical::Kind::of(types, result).expect("a known type").flat()
    };
    assert_eq!(flat(r"(result (result))"), [I32]);
    assert_eq!(flat(r"(result (result u32 (error $two)))"), [I32, I32]);
    assert_eq!(flat(r"(result (result u32 (error u64)))"), [I32, I64]);
    assert_eq!(flat(r"(result (result u64 (error u32)))"), [I32, I64]);
    assert_eq!(flat(r"(result (result (list u8) (error $two)))"), [I32, I32, I32]);
    assert_eq!(flat(r"(result (result (error $pair)))"), [I32, I32, I64, I32]);
    assert_eq!(flat(r"(result (result (tuple u64 u32) (error $pair)))"), [I32, I64, I64, I32]);
}

#[test]
fn results_lie_in_memory_as_in_the_canonical_abi() {
    // By `alignment` and `elem_size` of CanonicalABI.md.
    for (function, size, align) in [
        (r"(result (list u8))", 8, 4),
        (r"(result $pair)", 24, 8),
        (r"(result (option bool))", 2, 1),
        (r"(result (option u32))", 8, 4),
        (r"(result (option u64))", 16, 8),
        (r"(result (tuple bool bool u32))", 8, 4),
        (r"(result (result (error $two)))", 2, 1),
        (r"(result (result $bits (error $two)))", 2, 1),
        (r"(result (result u64 (error $two)))", 16, 8),
        (r"(result (result $own (error $two)))", 8, 4),
        (r"(result (result (list u8) (error $two)))", 12, 4),
        (r"(result (result (option u64) (error $two)))", 24, 8),
        (r"(result (result (tuple (list u8) bool) (error $two)))", 16, 4),
        (r"(result (result (tuple bool u64) (error $pair)))", 32, 8),
    ] {
        match signature(&lowering(function)).map(|signature| signature.answer) {
            Ok(Answer::Stored(of, to)) => assert_eq!((of, to), (size, align), "{function}"),
            Ok(_) => panic!("{function} is not stored"),
            Err(reason) => panic!("{function}: {reason}"),
        }
    }
}

#[test]
fn only_lists_of_results_need_memory() {
    let returns_list = |function: &str| signature(&lowering(function)).is_ok_and(|signature| signature.returns_list);
    assert!(!returns_list(r#"(param "a" (list u8)) (result (option u64))"#));
    assert!(!returns_list(r#"(param "a" (list u8))"#));
    for result in ["(list u8)", "(option (list u8))", "(result (list u8))", "(result (error (list u8)))"] {
        assert!(returns_list(&format!("(result {result})")), "{result}");
    }
    assert!(returns_list("(result (result (tuple bool (list u8)) (error $two)))"));
}

#[test]
fn every_module_sees_one_memory() {
    assert_valid(&reach::base(1));
    assert_valid(&reach::base(1 << 14)); // All that it may have.
    assert_valid(&reach::outward());
    for reallocs in [0, 1, 2, 7] {
        assert_valid(&reach::reach(reallocs));
    }
}

#[test]
fn modules_for_every_kind_of_function() {
    let functions = [
        "",
        r"(result u64)",
        r"(result bool)",
        r"(result $pair)",
        r"(result (result $bits (error $two)))",
        r"(result (result (tuple (list u8) bool) (error $two)))",
        r#"(param "a" bool) (param "b" $two) (param "c" $eight) (param "d" $borrow) (param "e" (list u8))"#,
        r#"(param "a" (option $borrow)) (param "b" (option (tuple bool (list u8) $two))) (result (option u64))"#,
    ];
    let mut entries = vec![Entry::of_handle("drop")];
    for (index, function) in functions.iter().enumerate() {
        let signature = || signature(&lowering(function)).unwrap_or_else(|reason| panic!("{reason}"));
        let entry =
            |name: String, realloc| Entry { name, export: format!("e{index}"), signature: signature(), realloc };
        entries.push(entry(format!("{index}"), None));
        // The same function, with lists in other places.
        entries.push(entry(format!("{index}#0"), Some(0)));
        entries.push(entry(format!("{index}#3"), Some(3)));
    }
    assert_valid(&front(&entries, &[]));
    assert_valid(&front(&[], &[]));
    assert_valid(&shim(&entries));
    assert_valid(&fixup(&entries));
}

const MAPPING: &str = r#"
    (import "wasi-mmap:mmap/mapping@0.2.0" (instance $maps
      (alias outer 1 $descriptor (type $descriptor'))
      (export "descriptor" (type $descriptor (eq $descriptor')))
      (export "mapping" (type $mapping (sub resource)))
      (type $error' (enum "fault" "no-memory"))
      (export "error-code" (type $error (eq $error')))
      (export "mmap" (func (param "file" (borrow $descriptor)) (result (result (own $mapping) (error $error)))))
      (export "[method]mapping.read" (func (param "self" (borrow $mapping)) (param "length" u64)
        (result (result (list u8) (error $error)))))))"#;

/// The types of all functions, and all functions that the polyfill calls.
const ALL_TYPES: &str = r#"
      (export "descriptor" (type $descriptor (sub resource)))
      (type $code' (enum "access" "io"))
      (export "error-code" (type $code (eq $code')))
      (type $stat' (record (field "size" u64) (field "times" (tuple u64 u32))))
      (export "descriptor-stat" (type $stat (eq $stat')))"#;
const ALL_FUNCTIONS: &str = r#"
      (export "[method]descriptor.read" (func (param "self" (borrow $descriptor)) (param "length" u64)
        (param "offset" u64) (result (result (tuple (list u8) bool) (error $code)))))
      (export "[method]descriptor.write" (func (param "self" (borrow $descriptor)) (param "buffer" (list u8))
        (param "offset" u64) (result (result u64 (error $code)))))
      (export "[method]descriptor.stat" (func (param "self" (borrow $descriptor))
        (result (result $stat (error $code)))))"#;

fn files(types: &str, functions: &str) -> String {
    format!(
        r#"(import "wasi:filesystem/types@0.2.12" (instance $files {types} {functions}))
        (alias export $files "descriptor" (type $descriptor))"#
    )
}

/// A polyfill that only has a type.
fn polyfill_component() -> Vec<u8> {
    let mapping = MAPPING.trim_start().trim_start_matches("(import ").replace("(instance $maps", "(instance $own");
    let (_, declarations) = mapping.split_once("(instance $own").expect("the interface");
    // An instance of the type that the guest imports, from a component that has it.
    wat(&format!(
        r#"(component
          {}
          (import "other" (instance $own {declarations}
          (export "wasi-mmap:mmap/mapping@0.2.0" (instance $own)))"#,
        files(ALL_TYPES, ALL_FUNCTIONS),
    ))
}

/// A module that has the exports and imports, and does nothing.
fn polyfill_module() -> Vec<u8> {
    wat(r#"(module
      (import "env" "memory" (memory 1))
      (import "wasi:filesystem/types@0.2.12" "[method]descriptor.stat" (func (param i32 i32)))
      (import "wasi:filesystem/types@0.2.12" "[method]descriptor.read" (func (param i32 i64 i64 i32)))
      (import "wasi:filesystem/types@0.2.12" "[method]descriptor.write" (func (param i32 i32 i32 i64 i32)))
      (import "[export]wasi-mmap:mmap/mapping@0.2.0" "[resource-new]mapping" (func (param i32) (result i32)))
      (import "reach" "read" (func (param i32 i64 i64 i32) (result i64)))
      (import "descriptor" "drop" (func (param i32)))
      (func (export "drop-descriptor") (param i32))
      (func (export "wasi-mmap:mmap/mapping@0.2.0#mmap") (param i32) (result i32) unreachable)
      (func (export "wasi-mmap:mmap/mapping@0.2.0#[method]mapping.read") (param i32 i64) (result i32) unreachable)
      (func (export "wasi-mmap:mmap/mapping@0.2.0#[dtor]mapping") (param i32)))"#)
}

/// A guest that maps a file and reads it.
fn guest(types: &str, functions: &str, more: &str) -> Vec<u8> {
    wat(&format!(
        r#"(component
          {}
          {MAPPING}
          (alias export $maps "mapping" (type $mapping))
          (core module $m
            (memory (export "memory") 1)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
          (core instance $i (instantiate $m))
          (core func $mmap (canon lower (func $maps "mmap") (memory (core memory $i "memory"))))
          (core func $read (canon lower (func $maps "[method]mapping.read")
            (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
          (core func $drop-file (canon resource.drop $descriptor))
          (core func $drop-map (canon resource.drop $mapping))
          (core module $user
            (import "" "mmap" (func (param i32 i32)))
            (import "" "read" (func (param i32 i64 i32)))
            (import "" "drop-file" (func (param i32)))
            (import "" "drop-map" (func (param i32)))
            (func (export "run")))
          (core instance $u (instantiate $user (with "" (instance
            (export "mmap" (func $mmap)) (export "read" (func $read))
            (export "drop-file" (func $drop-file)) (export "drop-map" (func $drop-map))))))
          (func $run (canon lift (core func $u "run")))
          (export "run" (func $run))
          {more})"#,
        files(types, functions),
    ))
}

fn fused(guest: &[u8]) -> Result<Vec<u8>, String> {
    let fused = fuse(guest, &polyfill_component(), &polyfill_module());
    fused.map_err(|reason| match reason {
        Reason::Compose(text) | Reason::Refuse(text) => text,
    })
}

#[track_caller]
fn assert_fused(guest: &[u8]) -> Vec<u8> {
    let fused = fused(guest).unwrap_or_else(|reason| panic!("composed, because {reason}"));
    assert_valid(&fused);
    let (imports, exports) = outside(&fused).unwrap();
    let (own_imports, own_exports) = outside(guest).unwrap();
    let others: Vec<_> = own_imports.into_iter().filter(|name| !name.starts_with(PACKAGE)).collect();
    assert_eq!(imports, others);
    assert_eq!(exports, own_exports);
    fused
}

/// The core types of the functions of an import, with their names.
fn signatures(component: &[u8], import: &str) -> Vec<(String, CoreTypes)> {
    let types = validate(component, WasmFeatures::all()).unwrap();
    let functions = functions(types.as_ref(), import);
    let lowered = functions.into_iter().map(|(name, id)| {
        let signature = Signature::of(types.as_ref(), &types[id]).unwrap_or_else(|reason| panic!("{name}: {reason}"));
        (name, signature.lowered())
    });
    let mut all: Vec<_> = lowered.collect();
    all.sort();
    all
}

#[test]
fn a_guest_gets_the_functions_of_files_that_it_lacks() {
    let files = "wasi:filesystem/types@0.2.12";
    let descriptor = r#"(export "descriptor" (type $descriptor (sub resource)))"#;
    let code = r#"(type $code' (enum "access" "io")) (export "error-code" (type $code (eq $code')))"#;
    let stat = r#"(export "[method]descriptor.stat" (func (param "self" (borrow $descriptor))
        (result (result $stat (error $code)))))"#;
    // The errors under another name, of which the guest's own is an alias.
    let renamed = r#"(type $code' (enum "access" "io")) (export "errors" (type $code'' (eq $code')))
        (export "error-code" (type $code (eq $code'')))"#;
    let all = signatures(&polyfill_component(), files);
    for (types, functions) in [
        (descriptor.to_owned(), ""),
        (format!("{code} {descriptor}"), ""),
        (format!("{renamed} {descriptor}"), ""),
        (ALL_TYPES.to_owned(), ""),
        (ALL_TYPES.to_owned(), stat),
        (ALL_TYPES.to_owned(), ALL_FUNCTIONS),
    ] {
        let fused = assert_fused(&guest(&types, functions, ""));
        assert_eq!(signatures(&fused, files), all, "{types} {functions}");
    }
}

#[test]
fn a_guest_keeps_its_own_functions_of_files() {
    let own = r#"(export "[method]descriptor.sync" (func (param "self" (borrow $descriptor))
        (result (result (error $code)))))"#;
    let fused = assert_fused(&guest(ALL_TYPES, own, ""));
    let names: Vec<_> = signatures(&fused, "wasi:filesystem/types@0.2.12").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["read", "stat", "sync", "write"].map(|name| format!("[method]descriptor.{name}")),);
}

#[test]
fn items_of_the_guest_stay_behind_those_of_the_polyfill() {
    // Nested types and components refer to outer ones by number.
    let more = r#"
      (type $number u64)
      (core type $work (func (param i32)))
      (component $inner
        (alias outer 1 $number (type $number'))
        (import "f" (func $f (param "a" $number') (result $number')))
        (export "g" (func $f)))
      (core module $n (func (export "f") (param i64) (result i64) local.get 0))
      (core instance $n (instantiate $n))
      (func $f (param "a" u64) (result u64) (canon lift (core func $n "f")))
      (instance $made (instantiate $inner (with "f" (func $f))))
      (export "made" (instance $made))
      (export "again" (func $made "g"))"#;
    assert_fused(&guest(ALL_TYPES, "", more));
}

#[test]
fn reasons_to_compose() {
    for (more, reason) in [
        (r#"(export "maps" (instance $maps))"#, "it uses the mapping interface in other ways than by calls"),
        (
            r#"(component $c (import "m" (instance (export "mapping" (type (sub resource))))))
            (instance (instantiate $c (with "m" (instance $maps))))"#,
            "a component inside of it takes descriptors or mappings",
        ),
        (
            r#"(import "take" (func (param "file" (own $descriptor))))"#,
            "gives descriptors away to take, so a mapping cannot keep the file of one",
        ),
        (
            r#"(core module $n (func (export "f") (param i32)))
            (core instance $n (instantiate $n))
            (export $public "descriptor" (type $descriptor))
            (func $f (param "file" (borrow $public)) (canon lift (core func $n "f")))
            (export "f" (func $f))"#,
            "it exports a function with descriptors or mappings",
        ),
        (
            r#"(core module $n (memory (export "memory") 1))
            (core instance $n (instantiate $n))
            (core func (canon lower (func $maps "mmap") (memory (core memory $n "memory"))))"#,
            "it maps from several memories",
        ),
        (
            r#"(import "wasi:filesystem/types@0.2.3" (instance (export "descriptor" (type (sub resource)))))"#,
            "it imports several versions of wasi:filesystem",
        ),
    ] {
        assert_eq!(fused(&guest(ALL_TYPES, "", more)).err().as_deref(), Some(reason), "{more}");
    }
    let nothing = wat(&format!("(component {} {MAPPING})", files(ALL_TYPES, "")));
    assert_eq!(fused(&nothing).err().as_deref(), Some("it maps nothing"));
    assert!(Polyfill::read(&nothing, &polyfill_module()).is_ok(), "{FILES} is what it needs");
}
