/**
 * Proves that the translation of a component is code of jco's own, before anything imports it.
 *
 * A component is sealed before it is translated (see guest/polyfill/plug/src/seal.rs): it has no name any more that its maker
 * chose. So all words of the translation come from jco and from the interfaces that the host provides, and are known
 * beforehand. The proof parses the translation, and accepts only
 *
 * - kinds of syntax that jco uses, which excludes imports, `with`, tagged templates and regular expressions;
 * - names of variables, properties and private members in the vocabulary, where numbers are not distinguished. It has no
 *   `eval`, no `Function`, no `require`, and no `constructor` but that of a class. Names that give access to the outside
 *   are only accepted in the few statements below;
 * - computed keys of properties where jco has them;
 * - the exports `instantiate`, and an empty one.
 *
 * For a component of WASI 0.3 the vocabulary has the words of jco's async code too, under the same rules. One word of them would
 * be dangerous elsewhere, `constructor`, which is accepted in one statement.
 *
 * So even code that got into a translation could only consist of the words of jco.
 */
import {
  parse,
  type AnyNode,
  type MemberExpression,
  type Program,
  type Property,
  type PropertyDefinition,
} from 'acorn';
import type { Generation } from './generation.mjs';
import * as later from './vocabulary-p3.mjs';
import * as vocabulary from './vocabulary.mjs';

/** The largest translation, in bytes. Larger ones belong to no usual component, and take too much memory. */
const LONGEST = 1 << 24;

/** The reason to refuse a translation. */
export class UnprovenError extends Error {}

type Vocabulary = Readonly<Record<keyof typeof vocabulary, ReadonlySet<string>>>;

/** The vocabulary of each generation. Components of 0.3 use 0.2 too. */
const VOCABULARIES: Readonly<Record<Generation, Vocabulary>> = {
  '0.2': vocabulary,
  '0.3': {
    NODES: new Set([...vocabulary.NODES, ...later.NODES]),
    NAMES: new Set([...vocabulary.NAMES, ...later.NAMES]),
    PROPERTIES: new Set([...vocabulary.PROPERTIES, ...later.PROPERTIES]),
    PRIVATES: new Set([...vocabulary.PRIVATES, ...later.PRIVATES]),
    KEYS: new Set([...vocabulary.KEYS, ...later.KEYS]),
    COMPUTED: new Set([...vocabulary.COMPUTED, ...later.COMPUTED]),
  },
};

/** Words that give access to the outside, each with the only statement that may contain it. */
const EXITS: Readonly<Record<string, RegExp>> = {
  globalThis:
    /^(if \(!globalThis\?\.process\?\.env\?\.JCO_DEBUG\) \{ return; \}|const (CURRENT_TASK_MAY_BLOCK|ASYNC_BLOCKING_CALL_DEPTH) ?= globalThis\.WebAssembly \? new globalThis\.WebAssembly\.Global\(\{ value: 'i32', mutable: true \}, 0\) : (false|\{ value: 0 \});)$/,
  process: /^if \(!globalThis\?\.process\?\.env\?\.JCO_DEBUG\) \{ return; \}$/,
  fetch: /^const fetchCompile = url => fetch\(url\)\.then\(WebAssembly\.compileStreaming\);$/,
  'import.meta': /^getCoreModule = \(name\) => fetchCompile\(new URL\(`\.\/\$\{name\}`, import\.meta\.url\)\);$/,
  super: /^super(\(args\)|\.drop\((opts)?\));$/,
  constructor: /^readEnd\.resetAndNotifyPending\(readEnd\.constructor\.CopyResult\.COMPLETED\);$/,
};

/** Replaces all numbers by one sign: they are not distinguished. */
export const normalize = (text: string): string => text.replace(/\d+/g, '#');

interface Place {
  readonly node: AnyNode;
  /** The innermost statement around it. */
  readonly statement: AnyNode;
  readonly role: 'name' | 'property' | 'other';
}

const isNode = (value: unknown): value is AnyNode =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';

const isStatement = ({ type }: AnyNode): boolean => /Statement$|Declaration$/.test(type) && type !== 'BlockStatement';

/** Whether a child is the name of a property rather than of a variable. */
function isPropertyName(parent: AnyNode, key: string): boolean {
  switch (parent.type) {
    case 'MemberExpression':
      return key === 'property' && !parent.computed;
    case 'Property':
    case 'MethodDefinition':
    case 'PropertyDefinition':
      return key === 'key' && !parent.computed;
    default:
      return false;
  }
}

/** Every node, with its place. */
export function* places(program: Program): Generator<Place> {
  const left: Place[] = [{ node: program, statement: program, role: 'other' }];
  for (let place = left.pop(); place; place = left.pop()) {
    yield place;
    const { node } = place;
    const statement = isStatement(node) ? node : place.statement;
    for (const [key, value] of Object.entries(node)) {
      for (const child of Array.isArray(value) ? value : [value]) {
        if (!isNode(child)) continue;
        const isWord = child.type === 'Identifier' && node.type !== 'MetaProperty';
        const role = !isWord ? 'other' : isPropertyName(node, key) ? 'property' : 'name';
        left.push({ node: child, statement, role });
      }
    }
  }
}

/** A computed access in the form of the vocabulary. Symbols of jco are the same on every object. */
export function describeComputed({ object, property }: MemberExpression, text: string): string {
  const key = normalize(text.slice(property.start, property.end));
  if (/^symbol[A-Z]/.test(key)) return `[${key}]`;
  const owner =
    object.type === 'Identifier'
      ? normalize(object.name)
      : object.type === 'MemberExpression' && 'name' in object.property
        ? `.${object.property.name}`
        : object.type;
  return `${owner}[${key}]`;
}

/** The key of a property, if it is not a plain word, in the form of the vocabulary. */
export function describeKey(
  { key, computed }: Pick<Property | PropertyDefinition, 'key' | 'computed'>,
  text: string,
): string | undefined {
  if (computed) return `[${text.slice(key.start, key.end)}]`;
  return key.type === 'Literal' ? normalize(String(key.value)) : undefined;
}

function checkExit(word: string, statement: AnyNode, text: string): void {
  const form = Object.hasOwn(EXITS, word) ? EXITS[word] : undefined;
  if (form && !form.test(text.slice(statement.start, statement.end))) throw new UnprovenError(`${word} where none is`);
}

function checkPlace({ node, statement, role }: Place, text: string, generation: Generation): void {
  const { NODES, NAMES, PROPERTIES, PRIVATES, KEYS, COMPUTED } = VOCABULARIES[generation];
  const refuse = (what: string): never => {
    throw new UnprovenError(`${what} ${JSON.stringify(text.slice(node.start, node.end).slice(0, 60))}`);
  };
  if (!NODES.has(node.type)) refuse(node.type);
  switch (node.type) {
    case 'Identifier':
      if (role === 'other') break; // A part of `import.meta`.
      if (!(role === 'property' ? PROPERTIES : NAMES).has(normalize(node.name))) refuse('the word');
      if (role === 'name' || node.name === 'process') checkExit(node.name, statement, text);
      break;
    case 'PrivateIdentifier':
      if (!PRIVATES.has(normalize(node.name))) refuse('the word');
      break;
    case 'Super':
      checkExit('super', statement, text);
      break;
    case 'MetaProperty':
      checkExit('import.meta', statement, text);
      break;
    case 'MemberExpression':
      if (node.computed && !COMPUTED.has(describeComputed(node, text))) refuse('the access');
      if (!node.computed && 'name' in node.property && node.property.name === 'constructor') {
        // It gives access to `Function`, but for that of jco's own classes.
        if (generation === '0.2') refuse('the access');
        checkExit('constructor', statement, text);
      }
      break;
    case 'Property':
    case 'MethodDefinition':
    case 'PropertyDefinition': {
      const key = describeKey(node, text);
      if (key !== undefined && !KEYS.has(key)) refuse('the key');
      // Only a class may have one: that of any other object gives access to `Function`.
      if (node.type === 'Property' && node.kind !== 'init') refuse('the accessor');
      const isConstructor = 'name' in node.key && node.key.name === 'constructor';
      if (isConstructor && !(node.type === 'MethodDefinition' && node.kind === 'constructor')) refuse('the key');
      break;
    }
    case 'FunctionDeclaration':
    case 'FunctionExpression':
      if (node.async && node.generator) refuse('the generator');
      break;
    case 'Literal':
      if ('regex' in node && node.regex) refuse('the regular expression');
      break;
    case 'ExportNamedDeclaration':
      if (node.source || node.specifiers.length > 0) refuse('the export');
      break;
    default:
  }
}

function checkExports(program: Program): void {
  const names = program.body.flatMap((node) => {
    if (node.type !== 'ExportNamedDeclaration') return [];
    const { declaration } = node;
    if (declaration?.type === 'FunctionDeclaration') return [declaration.id.name];
    if (declaration?.type !== 'VariableDeclaration') return ['?'];
    return declaration.declarations.map(({ id }) => (id.type === 'Identifier' ? id.name : '?'));
  });
  if (names.sort().join() !== '_util,instantiate') throw new UnprovenError(`the exports ${names.join()}`);
}

/**
 * Checks a translation.
 *
 * @param generation of WASI, as the component was sealed for
 * @throws {UnprovenError} it contains something that jco does not make of a sealed component
 */
export function prove(text: string, generation: Generation = '0.2'): void {
  if (text.length > LONGEST) throw new UnprovenError(`more than ${LONGEST >> 20} MiB of code`);
  let program: Program;
  try {
    program = parse(text, { ecmaVersion: 2024, sourceType: 'module' });
  } catch (error) {
    throw new UnprovenError(`no JavaScript (${(error as Error).message})`);
  }
  for (const place of places(program)) checkPlace(place, text, generation);
  checkExports(program);
}
