// What a crate offers, by the JSON that rustdoc makes of it: a line for each type, variant, function and implementation.
// Lifetimes and the names of arguments are left out, paths are cut to their last word: `fn Mmap::advise(&Self, Advice) ->
// Result<()>`.

type Id = number;

interface GenericBound {
  trait_bound?: { trait: Path; modifier: string };
}

interface Path {
  path: string;
  id: Id;
  args: {
    angle_bracketed?: { args: Array<{ type?: Type; lifetime?: string }>; constraints: unknown[] };
  } | null;
}

interface Type {
  resolved_path?: Path;
  generic?: string;
  primitive?: string;
  tuple?: Type[];
  slice?: Type;
  borrowed_ref?: { is_mutable: boolean; type: Type };
  raw_pointer?: { is_mutable: boolean; type: Type };
  impl_trait?: GenericBound[];
  qualified_path?: { name: string; self_type: Type };
}

interface Generics {
  params: Array<{ name: string; kind: { type?: { bounds: GenericBound[] } } }>;
  where_predicates: Array<{ bound_predicate?: { type: Type; bounds: GenericBound[] } }>;
}

interface Function {
  sig: { inputs: Array<[string, Type]>; output: Type | null };
  generics: Generics;
  header: { is_const: boolean; is_unsafe: boolean; is_async: boolean };
}

interface Impl {
  is_unsafe: boolean;
  generics: Generics;
  trait: Path | null;
  for: Type;
  items: Id[];
  is_negative: boolean;
  blanket_impl: Type | null;
}

interface Item {
  id: Id;
  crate_id: number;
  name: string | null;
  visibility: unknown;
  attrs: Array<{ repr?: { int: string | null } } | string>;
  inner: {
    module?: { items: Id[] };
    use?: { source: string; name: string; id: Id | null; is_glob: boolean };
    struct?: { kind: unknown; generics: Generics; impls: Id[] };
    enum?: { generics: Generics; variants: Id[]; impls: Id[] };
    variant?: { discriminant: { value: string } | null };
    trait?: { items: Id[]; is_unsafe: boolean; bounds: GenericBound[]; implementations: Id[] };
    function?: Function;
    impl?: Impl;
    assoc_type?: { type: Type | null };
  };
}

/** The documentation of one crate. */
export interface Docs {
  root: Id;
  index: Record<string, Item>;
}

const last = (path: string): string => path.split('::').at(-1) ?? path;

function nameOf({ path, args }: Path): string {
  const types = (args?.angle_bracketed?.args ?? []).flatMap(({ type }) => (type === undefined ? [] : [typeOf(type)]));
  return last(path) + (types.length === 0 ? '' : `<${types.join(', ')}>`);
}

const boundsOf = (bounds: GenericBound[]): string[] =>
  bounds.flatMap(({ trait_bound: bound }) =>
    bound === undefined ? [] : [(bound.modifier === 'maybe' ? '?' : '') + nameOf(bound.trait)],
  );

function typeOf(type: Type): string {
  if (type.resolved_path) return nameOf(type.resolved_path);
  if (type.generic !== undefined) return type.generic;
  if (type.primitive !== undefined) return type.primitive;
  if (type.tuple) return `(${type.tuple.map(typeOf).join(', ')})`;
  if (type.slice) return `[${typeOf(type.slice)}]`;
  if (type.borrowed_ref) return `&${type.borrowed_ref.is_mutable ? 'mut ' : ''}${typeOf(type.borrowed_ref.type)}`;
  if (type.raw_pointer) return `*${type.raw_pointer.is_mutable ? 'mut' : 'const'} ${typeOf(type.raw_pointer.type)}`;
  if (type.impl_trait) return `impl ${boundsOf(type.impl_trait).join(' + ')}`;
  if (type.qualified_path) return `${typeOf(type.qualified_path.self_type)}::${type.qualified_path.name}`;
  throw new Error(`a type that is not known: ${JSON.stringify(type)}`);
}

/** Where bounds stand makes no difference. */
function whereOf({ params, where_predicates: predicates }: Generics): string {
  const all = [
    ...params.map(({ name, kind }) => [name, boundsOf(kind.type?.bounds ?? [])] as const),
    ...predicates.flatMap(({ bound_predicate: bound }) =>
      bound === undefined ? [] : [[typeOf(bound.type), boundsOf(bound.bounds)] as const],
    ),
  ].filter(([, bounds]) => bounds.length > 0);
  return all.length === 0
    ? ''
    : ` where ${all
        .map(([name, bounds]) => `${name}: ${bounds.join(' + ')}`)
        .sort()
        .join(', ')}`;
}

function signature(name: string, { sig, generics, header }: Function): string {
  const words = [header.is_const && 'const', header.is_async && 'async', header.is_unsafe && 'unsafe', 'fn'];
  const inputs = sig.inputs.map(([, type]) => typeOf(type)).join(', ');
  const output = sig.output === null ? '' : ` -> ${typeOf(sig.output)}`;
  return `${words.filter(Boolean).join(' ')} ${name}(${inputs})${output}${whereOf(generics)}`;
}

/** The type of its own is `Self` in some sources and has its name in others. */
const without = (self: string, line: string): string => line.replace(new RegExp(`\\bSelf\\b(?!::)`, 'g'), self);

function implLines(docs: Docs, implementation: Impl): string[] {
  const { trait, items } = implementation;
  if (implementation.blanket_impl !== null) return [];
  const self = typeOf(implementation.for);
  const inside = items.map((id) => docs.index[id] as Item);
  if (trait === null) {
    return inside.flatMap(({ name, visibility, inner }) =>
      inner.function && visibility === 'public' ? [without(self, signature(`${self}::${name}`, inner.function))] : [],
    );
  }
  const types = inside.flatMap(({ name, inner }) =>
    inner.assoc_type?.type ? [`${name} = ${typeOf(inner.assoc_type.type)}`] : [],
  );
  const bound = types.length === 0 ? '' : ` { ${types.join(', ')} }`;
  const not = implementation.is_negative ? '!' : '';
  return [without(self, `impl ${not}${nameOf(trait)} for ${self}${whereOf(implementation.generics)}${bound}`)];
}

function itemLines(docs: Docs, { name: given, attrs, inner }: Item): string[] {
  const name = String(given);
  const impls = (ids: Id[]): string[] => ids.flatMap((id) => implLines(docs, docs.index[id]?.inner.impl as Impl));
  if (inner.struct) return [`struct ${name}`, ...impls(inner.struct.impls)];
  if (inner.enum) {
    const repr = attrs.map((one) => (typeof one === 'object' ? one.repr?.int : undefined)).find(Boolean);
    const variants = inner.enum.variants.map((id) => docs.index[id] as Item);
    return [
      `enum ${name}${repr ? `: ${repr}` : ''}`,
      ...variants.map((one) => `variant ${name}::${one.name} = ${one.inner.variant?.discriminant?.value ?? '?'}`),
      ...impls(inner.enum.impls),
    ];
  }
  if (inner.trait) {
    const items = inner.trait.items.map((id) => docs.index[id] as Item);
    return [
      `${inner.trait.is_unsafe ? 'unsafe ' : ''}trait ${[name, ...boundsOf(inner.trait.bounds)].join(': ')}`,
      ...items.flatMap((one) => (one.inner.function ? [signature(`${name}::${one.name}`, one.inner.function)] : [])),
      ...inner.trait.implementations.flatMap((id) => implLines(docs, docs.index[id]?.inner.impl as Impl)),
    ];
  }
  if (inner.function) return [signature(name, inner.function)];
  throw new Error(`an item that is not known: ${name} (${Object.keys(inner).join()})`);
}

/** Finds the item, or the items of the module, that a path of another crate names. */
function at(all: Record<string, Docs>, path: string): { docs: Docs; item: Item } {
  const [crate = '', ...words] = path.split('::');
  const docs = all[crate];
  if (docs === undefined) throw new Error(`no documentation of ${crate}`);
  let item = docs.index[docs.root] as Item;
  for (const word of words) {
    const next = (item.inner.module?.items ?? [])
      .map((id) => docs.index[id] as Item)
      .map((one) => (one.inner.use ? (docs.index[one.inner.use.id ?? -1] ?? one) : one))
      .find(({ name }) => name === word);
    if (next === undefined) throw new Error(`no ${word} in ${path}`);
    item = next;
  }
  return { docs, item };
}

function moduleLines(all: Record<string, Docs>, docs: Docs, module: Item): string[] {
  return (module.inner.module?.items ?? []).flatMap((id) => {
    const item = docs.index[id] as Item;
    const { use } = item.inner;
    if (use === undefined) return itemLines(docs, item);
    const own = docs.index[use.id ?? -1];
    const found = own === undefined ? at(all, use.source) : { docs, item: own };
    return use.is_glob ? moduleLines(all, found.docs, found.item) : itemLines(found.docs, found.item);
  });
}

/** All lines of a crate, in which `all` has the documentation of those that it takes items from. */
export function interfaceOf(docs: Docs, all: Record<string, Docs> = {}): Set<string> {
  const foreign = [docs, ...Object.values(all)].flatMap((one) =>
    Object.values(one.index).flatMap(({ crate_id: crate, inner }) =>
      // Of a type of another crate, such as `Error`.
      crate === 0 && inner.impl?.trait && inner.impl.for.resolved_path && !one.index[inner.impl.for.resolved_path.id]
        ? implLines(one, inner.impl)
        : [],
    ),
  );
  return new Set([...moduleLines(all, docs, docs.index[docs.root] as Item), ...foreign].sort());
}
