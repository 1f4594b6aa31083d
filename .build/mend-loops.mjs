// Mends a fault of jco up to jco-transpile 0.15 in a file that it made: mend-loops.mjs FILE
//
// For a list of resources jco makes one object after the other in a loop, each with a function that drops it. The function
// uses variables that are declared with `var`, so the functions of all objects drop the last one. With `let` each has its own.
// tests/polyfill/jco.test.mts fails when a release of jco does that itself: then this file can go.
import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'acorn';

const [, , path] = process.argv;
const text = readFileSync(path, 'utf8');

/** The nodes below a node, each with the functions around it. */
function* nodes(root, functions = []) {
  yield { node: root, functions };
  const within = /Function/.test(root.type) ? [...functions, root] : functions;
  for (const value of Object.values(root)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === 'string') yield* nodes(child, within);
    }
  }
}

const isInside = (node, outer) => node.start >= outer.start && node.end <= outer.end;

const edits = new Set();
for (const { node: loop, functions } of nodes(parse(text, { ecmaVersion: 2024, sourceType: 'module' }))) {
  if (loop.type !== 'ForStatement' || loop.body.type !== 'BlockStatement') continue;
  const scope = functions.at(-1);
  for (const declaration of loop.body.body) {
    if (declaration.type !== 'VariableDeclaration' || declaration.kind !== 'var') continue;
    const names = new Set(declaration.declarations.map(({ id }) => id.name));
    const uses = [...nodes(scope)].filter(({ node }) => node.type === 'Identifier' && names.has(node.name));
    const inLoop = uses.filter(({ node }) => isInside(node, loop));
    // A variable that no function keeps needs no mending; one that code after the loop uses cannot be changed so.
    if (!inLoop.some(({ functions: around }) => around.some((each) => each !== scope && isInside(each, loop))))
      continue;
    const outer = uses.filter(({ node, functions: around }) => !isInside(node, loop) && around.at(-1) === scope);
    if (outer.length > 0) throw new Error(`${path}: ${[...names].join()} is used after its loop`);
    edits.add(declaration.start);
  }
}
if (edits.size === 0) throw new Error(`${path} needs no mending: has jco changed?`);

let mended = '';
let at = 0;
for (const start of [...edits].sort((a, b) => a - b)) {
  mended += `${text.slice(at, start)}let`;
  at = start + 'var'.length;
}
writeFileSync(path, mended + text.slice(at));
