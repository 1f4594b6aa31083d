/**
 * Components that run, with a hostile string in some of the places where a name can stand.
 *
 * The text format refuses most hostile names. So a component is written with harmless ones of the same length, in the
 * right places, and the bytes of these are replaced in the binary.
 */
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { hostileName, quietName } from './hostile.mjs';
import { Random } from './random.mjs';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** Makes up names. */
class Names {
  readonly replacements: Array<[string, Buffer]> = [];
  readonly #random: Random;
  readonly #labels: boolean;
  readonly #quiet: boolean;
  #count = 0;

  constructor(random: Random) {
    this.#random = random;
    // A component with a label that is none is refused before anything else is looked at.
    this.#labels = random.below(4) === 0;
    this.#quiet = random.below(3) > 0;
  }

  /** A name in a core module, which may be anything: a good one, or a stand-in for a hostile one. */
  readonly core = (): string => this.#name(this.#random.below(3) === 0);

  /** A name in a component, where the format has rules. */
  readonly label = (): string => this.#name(this.#labels && this.#random.below(6) === 0);

  #name(isHostile: boolean): string {
    const number = this.#count++;
    const short = `z${LETTERS[Math.floor(number / 26) % 26]}${LETTERS[number % 26]}`;
    const hostile = Buffer.from((this.#quiet ? quietName : hostileName)(this.#random));
    if (!isHostile || hostile.length <= short.length) return short;
    const standIn = short.padEnd(hostile.length, 'q');
    this.replacements.push([standIn, hostile]);
    return standIn;
  }
}

/** Text inside a component, whose own identifiers begin with `id`. */
type Part = (id: string, names: Names, random: Random) => string;

/** A core module that another one imports, by names that are anything. */
const coreImports: Part = (id, { core }) => {
  const [module, field, memory, table, global] = [core(), core(), core(), core(), core()];
  return `
  (core module ${id}-a (func (export "${field}")) (memory (export "${memory}") 1)
    (table (export "${table}") 1 funcref) (global (export "${global}") (mut i32) i32.const 0))
  (core instance ${id}-a (instantiate ${id}-a))
  (core module ${id}-b
    (import "${module}" "${field}" (func $f)) (import "${module}" "${memory}" (memory 1))
    (import "${module}" "${table}" (table 1 funcref)) (import "${module}" "${global}" (global (mut i32)))
    (func (export "g") call $f))
  (core instance ${id}-b (instantiate ${id}-b (with "${module}" (instance ${id}-a))))
  (core instance (instantiate ${id}-b (with "${module}" (instance
    (export "${field}" (func ${id}-b "g")) (export "${memory}" (memory ${id}-a "${memory}"))
    (export "${table}" (table ${id}-a "${table}")) (export "${global}" (global ${id}-a "${global}"))))))`;
};

/** Core functions that are lifted, passed on and exported, by names of their own. */
const lifted: Part = (id, { core, label }) => {
  const [field, parameter, plain, inner] = [core(), label(), label(), label()];
  return `
  (component ${id}
    (core module $m (func (export "${field}") (param i32) (result i32) local.get 0))
    (core instance $i (instantiate $m))
    (func $f (param "${parameter}" u32) (result u32) (canon lift (core func $i "${field}")))
    (instance $inner (export "${inner}" (func $f)))
    (export "${plain}" (func $f)) (export "x" (instance $inner)))
  (instance ${id} (instantiate ${id}))
  (alias export ${id} "${plain}" (func ${id}))
  (export "${label()}" (func ${id}))`;
};

/** A component in a component: what it imports, and is given. Few hosts let core modules be passed around. */
const nested: Part = (id, { core, label }, random) => {
  const [wanted, given, field, result] = [label(), label(), core(), label()];
  const module = random.below(6) === 0 ? label() : undefined;
  return `
  (component ${id}
    (import "${wanted}" (func $w)) ${module ? `(import "${module}" (core module (export "${field}" (func))))` : ''}
    (component $deep (import "${given}" (func $g)) (export "${result}" (func $g)))
    (instance $d (instantiate $deep (with "${given}" (func $w))))
    (alias export $d "${result}" (func $e))
    (export "${given}" (func $e)))
  (core module ${id}-m (func (export "${field}")))
  (core instance ${id}-c (instantiate ${id}-m))
  (func ${id}-f (canon lift (core func ${id}-c "${field}")))
  (instance ${id} (instantiate ${id} (with "${wanted}" (func ${id}-f))
    ${module ? `(with "${module}" (core module ${id}-m))` : ''}))
  (export "${label()}" (instance ${id}))`;
};

/** An interface with types whose fields, cases and flags have names, and a function that takes one. */
const types: Part = (id, { core, label }, random) => {
  const [type, flat] = random.pick([
    [`(record (field "${label()}" u32) (field "${label()}" u8))`, 'i32 i32'],
    [`(variant (case "${label()}" u32) (case "${label()}"))`, 'i32 i32'],
    [`(enum "${label()}" "${label()}")`, 'i32'],
    [`(flags "${label()}" "${label()}")`, 'i32'],
  ] as const);
  const [exported, field, parameter, result] = [label(), core(), label(), label()];
  return `
  (core module ${id} (func (export "${field}") (param ${flat})))
  (core instance ${id} (instantiate ${id}))
  (type ${id} ${type})
  (func ${id} (param "${parameter}" ${id}) (canon lift (core func ${id} "${field}")))
  (component ${id}
    (type $own ${type})
    (import "${result}" (type $t (eq $own))) (import "f" (func $f (param "${parameter}" $t)))
    (export $e "${exported}" (type $t)) (export "g" (func $f) (func (param "${parameter}" $e))))
  (instance ${id} (instantiate ${id} (with "${result}" (type ${id})) (with "f" (func ${id}))))
  (export "${label()}" (instance ${id}))`;
};

/** A resource with its constructor, a method and a static function. */
const resources: Part = (id, { core, label }) => {
  const [resource, method, parameter, field] = [label(), label(), label(), core()];
  return `
  (type ${id} (resource (rep i32)))
  (core module ${id}
    (func (export "n") (result i32) unreachable) (func (export "${field}") (param i32)) (func (export "s")))
  (core instance ${id} (instantiate ${id}))
  (func ${id}-n (result (own ${id})) (canon lift (core func ${id} "n")))
  (func ${id}-m (param "self" (borrow ${id})) (canon lift (core func ${id} "${field}")))
  (func ${id}-s (canon lift (core func ${id} "s")))
  (component ${id}
    (import "${parameter}" (type $r (sub resource))) (import "n" (func $n (result (own $r))))
    (import "m" (func $m (param "self" (borrow $r)))) (import "s" (func $s))
    (export $e "${resource}" (type $r))
    (export "[constructor]${resource}" (func $n) (func (result (own $e))))
    (export "[method]${resource}.${method}" (func $m) (func (param "self" (borrow $e))))
    (export "[static]${resource}.s" (func $s)))
  (instance ${id} (instantiate ${id} (with "${parameter}" (type ${id})) (with "n" (func ${id}-n))
    (with "m" (func ${id}-m)) (with "s" (func ${id}-s))))
  (export "${label()}" (instance ${id}))`;
};

/** What the host provides, and what it does not, under names that are nearly right. */
const imports: Part = (id, { label }, random) => {
  const wanted = random.pick(['wasi:cli/environment', 'wasi:random/random', 'wasi-mmap:mmap/span', label()]);
  const more = random.pick(['', '', `-${label()}`]);
  const version = wanted.includes(':') ? random.pick(['@0.2.0', '@0.2.12', '']) : '';
  const method = random.pick(['initial-cwd', 'granularity', 'get-random-u64', label()]);
  return `
  (import "${wanted}${more}${version}" (instance ${id} (export "${method}" (func (result u64)))
    (export "${label()}" (func (param "${label()}" u32)))))
  (core func ${id} (canon lower (func ${id} "${method}")))
  (core module ${id} (import "a" "f" (func (result i64))))
  (core instance (instantiate ${id} (with "a" (instance (export "f" (func ${id}))))))`;
};

/** Sections that nobody needs, and names for debuggers. */
const custom: Part = (id, { core }) => `
  (core module ${id} (@custom "${core()}" "x") (func $f (@name "${core()}") (export "${core()}")))
  (core instance (instantiate ${id}))
  (@custom "${core()}" "y")`;

const PARTS: readonly Part[] = [coreImports, coreImports, lifted, nested, types, resources, imports, custom];

/** What a run comes to: nothing, the guest's error, a trap. */
const ENDS = ['i32.const 0', 'i32.const 1', 'unreachable'];

function text(random: Random, names: Names): string {
  const parts = Array.from({ length: 1 + random.below(3) }, (_, index) =>
    random.pick(PARTS)(`$p${index}`, names, random),
  );
  const core = names.core();
  return `(component${parts.join('')}
  (core module $main (func (export "${core}") (result i32) ${random.pick(ENDS)}))
  (core instance $main (instantiate $main))
  (func $run (result (result)) (canon lift (core func $main "${core}")))
  (instance $run (export "run" (func $run)))
  (export "wasi:cli/run@0.2.12" (instance $run)))`;
}

/** Changes bytes here and there, as no tool would. */
function damage(bytes: Buffer, random: Random): void {
  for (let count = 1 + random.below(4); count > 0; count -= 1) {
    bytes[8 + random.below(bytes.length - 8)] = random.below(256);
  }
}

/** The component that a seed makes. */
export async function generate(seed: number): Promise<Buffer> {
  const random = new Random(seed);
  for (;;) {
    const names = new Names(random);
    const bytes = Buffer.from(await parse(text(random, names)));
    for (const [standIn, hostile] of names.replacements) {
      for (let at = bytes.indexOf(standIn); at >= 0; at = bytes.indexOf(standIn, at + 1)) hostile.copy(bytes, at);
    }
    const damaged = random.below(16) === 0;
    if (damaged) damage(bytes, random);
    if (damaged || names.replacements.length > 0) return bytes;
  }
}
