// What shells and `man` read of the commands: everything that the help names, nothing else, and in each shell itself.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CACHE } from '../../package/packed.mjs';
import { inTerminal } from '../../tools/terminal.mjs';
import { COMMANDS, folder, refusal, start } from '../command.mjs';

const SCRIPTS = {
  bash: 'wasi-mmap.bash',
  elvish: 'wasi-mmap.elv',
  fish: 'wasi-mmap.fish',
  powershell: '_wasi-mmap.ps1',
  zsh: '_wasi-mmap',
};
const SHELLS = Object.keys(SCRIPTS) as Array<keyof typeof SCRIPTS>;
const path = (shell: keyof typeof SCRIPTS): string => resolve('dist/shell', SCRIPTS[shell]);
const PAGE = resolve('dist/shell/wasi-mmap.1');
const HELP = readFileSync('ts/cli/help.txt', 'utf8');

interface Option {
  words: string[];
  needsValue: boolean;
}

/** The options of each verb, and of the command itself, as '', read in another way than .build/shell does. */
function readHelp(): Map<string, Option[]> {
  const verbs = [...HELP.matchAll(/^(?:Usage:| {6}) wasi-mmap (\S+)/gm)].map(([, verb = '']) => verb);
  const options = new Map<string, Option[]>(['', ...verbs].map((verb) => [verb, []]));
  let verb = '';
  for (const line of HELP.split('\n')) {
    const [, named] = /^"(\w+)" /.exec(line) ?? [];
    if (named !== undefined) verb = named;
    if (line.startsWith('Exit codes: ')) verb = '';
    const [, other, exceptions = ''] = /the options of "(\w+)"(?: except ([^,]*))?/.exec(line) ?? [];
    if (other !== undefined) {
      const inherited = (options.get(other) ?? []).filter(
        ({ words }) => !words.some((word) => exceptions.split(' ').includes(word)),
      );
      options.get(verb)?.push(...inherited);
    }
    const [, short, long, value] = /^ {2}(?:(-\w), )?(--[\w-]+)( [^ ])?/.exec(line) ?? [];
    if (long === undefined) continue;
    options.get(verb)?.push({ words: [...(short ? [short] : []), long], needsValue: value !== undefined });
  }
  const help = options.get('')?.filter(({ words }) => words.includes('--help')) ?? [];
  for (const name of verbs) options.get(name)?.push(...help);
  return options;
}

const OPTIONS = readHelp();
const VERBS = [...OPTIONS.keys()].filter(Boolean);
const wordsOf = (verb: string): string[] => (OPTIONS.get(verb) ?? []).flatMap(({ words }) => words).sort();
const sorted = (words: readonly string[]): string[] => [...words].sort();

/** A folder with one of each, where a shell completes paths. */
const place = join(folder, 'place');
mkdirSync(join(place, 'data'), { recursive: true });
writeFileSync(join(place, 'app.wasm'), '');

/** Lines that are completed, and the words that a shell is to offer. */
const LINES: Array<[line: string, offered: string[]]> = [
  ['wasi-mmap -', wordsOf('')],
  ...VERBS.map((verb): [string, string[]] => [`wasi-mmap ${verb} -`, wordsOf(verb)]),
  ['wasi-mmap run --no-n', ['--no-native']],
  ['wasi-mmap run --no-native --dir ', ['data']],
  ['wasi-mmap run ', ['app.wasm', 'data']],
  ['wasi-mmap run --no-native ', ['app.wasm', 'data']],
  ['wasi-mmap plug -o ', ['app.wasm', 'data']],
  ['wasi-mmap plug --output ', ['app.wasm', 'data']],
  ['wasi-mmap run --dir=d', ['--dir=data']],
  ['wasi-mmap run app.wasm ', ['app.wasm', 'data']],
];

/** The same for shells that offer options only after a dash. */
const LINES_APART: typeof LINES = [...LINES, ['wasi-mmap ', VERBS], ['wasi-mmap completion ', SHELLS]];

test('the help is read', () => {
  assert.ok(VERBS.includes('run') && VERBS.includes('completion'), HELP);
  assert.ok(wordsOf('run').includes('--dir-ro') && wordsOf('serve').includes('--dir-ro'));
  assert.equal(wordsOf(''), ['--help', '--version', '-V', '-h']);
  assert.equal(wordsOf('plug'), ['--compose', '--explain', '--help', '--output', '-h', '-o']);
});

for (const [host, command] of Object.entries(COMMANDS)) {
  const refuses = refusal(command);
  const print = (...words: string[]): string => {
    const { code, out, error } = start(command, words);
    assert.equal([code, error], [0, '']);
    return out;
  };

  test(`${host} prints the files`, () => {
    for (const shell of SHELLS) assert.is(print('completion', shell), readFileSync(path(shell), 'latin1'), shell);
    assert.is(print('man'), readFileSync(PAGE, 'latin1'));
    for (const words of [['--help'], ['man', '-h'], ['completion', '--help']]) assert.is(print(...words), HELP);
  });

  test(`${host} refuses other words`, () => {
    const known = SHELLS.join(', ');
    refuses(['completion'], new RegExp(`no shell: say which of ${known}\n`));
    refuses(['completion', 'tcsh'], new RegExp(`unknown shell: tcsh \\(known are ${known}\\)\nTry `));
    refuses(['completion', 'bash', 'zsh'], /more than one shell: bash zsh\n/);
    refuses(['completion', 'bash', '--force'], /unknown option: --force\n/);
    refuses(['man', 'run'], /no argument is known: run\n/);
    refuses(['man', '--force'], /unknown option: --force\n/);
  });

  test(`${host} takes every option of the help, and no other`, () => {
    for (const [verb, options] of OPTIONS) {
      // In Node it refuses all.
      if (verb === '' || (verb === 'serve' && host === 'node')) continue;
      refuses([verb, '--no-such-option'], /unknown option: --no-such-option/);
      for (const { words, needsValue } of options.filter((option) => !option.words.includes('--help')))
        for (const word of words)
          refuses([verb, word], needsValue ? new RegExp(`: ${word} needs a value\n`) : /no (component|output)/);
    }
  });
}

test('the parsers have no option that the help does not name', () => {
  const sources = ['ts/cli', 'host/wasmtime/src/bin/wasi-mmap'].flatMap((root) =>
    readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => join(root, name)),
  );
  const known = new Set([...OPTIONS.values()].flat().flatMap(({ words }) => words));
  const found = sources
    .filter((file) => /\.(mts|rs)$/.test(file))
    .flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/(['"])(--[a-z][a-z0-9-]*|-[a-zA-Z])\1/g)].map(([, , word = '']) => word),
    );
  const ours = found.filter((word) => !word.startsWith('--experimental-')); // Those are of Node.
  assert.equal(sorted([...new Set(ours)]), sorted([...known]));
});

test('a clone without cargo says what is missing', () => {
  const clone = join(folder, 'clone');
  for (const part of ['package.json', 'dist/cli', 'dist/streams', 'dist/shell/help.txt'])
    cpSync(part, join(clone, part), { recursive: true });
  const refuses = refusal([process.execPath, join(clone, 'dist/cli/main.mjs')]);
  refuses(['completion', 'fish'], /^wasi-mmap: wasi-mmap\.fish is not built: "make shell" makes it, with cargo\n$/);
  refuses(['man'], /^wasi-mmap: wasi-mmap\.1 is not built: /);
});

/** What `setup.sh shells` unpacks, or undefined where it is not here. */
function unpacked(): string | undefined {
  const root = join(CACHE, 'shells');
  if (existsSync(join(root, 'complete'))) return root;
  console.log('SKIPPED zsh, fish, Elvish and mandoc: they are not here (.build/setup.sh shells)');
  assert.not.ok(process.env['CI'], 'CI needs them');
  return undefined;
}

const librariesOf = (root: string): string => {
  const name = readdirSync(join(root, 'usr/lib')).find((each) => each.includes('-linux-'));
  return join(root, 'usr/lib', name ?? '');
};

function output(program: string, words: string[], environment: Record<string, string> = {}, input = ''): string {
  const env = { PATH: process.env['PATH'], HOME: folder, LC_ALL: 'C.UTF-8', ...environment };
  const { status, stdout, stderr, error } = spawnSync(program, words, { cwd: place, env, input, encoding: 'utf8' });
  assert.is(status, 0, `${program}: ${stderr}${error ?? ''}`);
  return stdout;
}

/** The words that the last word of each line becomes in a terminal, with this key. */
function complete(shell: string[], setup: string, key: string, lines: string[]): string[][] {
  const task = { program: 'wasi-mmap', setup, lines: lines.map((line) => line + key) };
  const script = resolve('tests/cli/posix/complete.py');
  const called = JSON.parse(output('python3', [script, ...shell], {}, JSON.stringify(task))) as string[][];
  return called.map((words, at) => sorted(words.slice((lines[at] as string).split(' ').length - 2)));
}

/** Compares what a shell offers for all lines. */
function expectOffers(lines: typeof LINES, offer: (lines: string[]) => string[][]): void {
  const offered = offer(lines.map(([line]) => line));
  for (const [at, [line, words]] of lines.entries()) assert.equal(offered[at], sorted(words), line);
}

test('bash completes', () => {
  const all = '\u001b*'; // Inserts all that is offered.
  const shell = ['bash', '--norc', '--noprofile', '-i'];
  const lines: typeof LINES = [
    ...LINES,
    ['wasi-mmap ', [...VERBS, ...wordsOf('')]],
    ['wasi-mmap completion ', [...SHELLS, ...wordsOf('completion')]],
  ];
  expectOffers(lines, (typed) => complete(shell, `. '${path('bash')}'`, all, typed));
});

test('zsh completes', () => {
  const root = unpacked();
  if (root === undefined) return;
  // The key inserts all that is offered.
  const setup = `
module_path=(${librariesOf(root)}/zsh/*(/))
fpath=(${root}/usr/share/zsh/functions/**/*(/) ${resolve('dist/shell')})
autoload -U compinit
compinit -D -u
complete_all() { _main_complete; compstate[insert]=all }
zle -C complete_all complete-word complete_all
bindkey '^I' complete_all
`;
  expectOffers(LINES_APART, (typed) => complete([join(root, 'bin/zsh'), '-f', '-i'], setup, '\t', typed));
});

test('fish completes', () => {
  const root = unpacked();
  if (root === undefined) return;
  const script = join(folder, 'lines.fish');
  writeFileSync(
    script,
    `set -a fish_function_path ${root}/usr/share/fish/functions\nset fish_complete_path\nsource '${path('fish')}'\n${LINES_APART.map(
      ([line]) => `complete -C '${line}'\necho '<end>'\n`,
    ).join('')}`,
  );
  const said = output(join(root, 'usr/bin/fish'), ['--no-config', script], { LD_LIBRARY_PATH: librariesOf(root) });
  const offered = said
    .split('<end>\n')
    .map((part) => sorted([...part.matchAll(/^(.+?)\/?(?:\t.*)?$/gm)].map(([, word = '']) => word)));
  expectOffers(LINES_APART, () => offered);
});

/** Elvish and PowerShell complete paths themselves where the script has nothing to offer. */
const CASES: typeof LINES = [
  ['wasi-mmap ', [...VERBS, ...wordsOf('')]],
  ...VERBS.filter((verb) => verb !== 'completion').map((verb): [string, string[]] => [
    `wasi-mmap ${verb} `,
    wordsOf(verb),
  ]),
  ['wasi-mmap completion ', [...SHELLS, ...wordsOf('completion')]],
];

test('Elvish completes', () => {
  const root = unpacked();
  if (root === undefined) return;
  const [script, offered] = [join(folder, 'rc.elv'), join(folder, 'offered')];
  const lines = CASES.map(
    ([line]) =>
      `[${line
        .split(' ')
        .map((word) => `'${word}'`)
        .join(' ')}]`,
  );
  writeFileSync(
    script,
    `eval (slurp < '${path('elvish')}')
for line [${lines.join(' ')}] {
  for word [($edit:completion:arg-completer[wasi-mmap] $@line)] { echo $word[stem] >> '${offered}' }
  echo '<end>' >> '${offered}'
}
exit
`,
  );
  // It has an editor in a terminal alone.
  output(...inTerminal([join(root, 'usr/bin/elvish'), '-rc', script]));
  const parts = readFileSync(offered, 'utf8').split('<end>\n');
  expectOffers(CASES, () => parts.map((part) => sorted(part.split('\n').filter(Boolean))));
});

test('PowerShell has the words of each verb', () => {
  const text = readFileSync(path('powershell'), 'utf8');
  const parts = new Map(
    [...text.matchAll(/^ {8}'([^']+)' \{\n(.*?)^ {12}break/gms)].map(([, name = '', part = '']) => [name, part]),
  );
  expectOffers(CASES, (lines) =>
    lines.map((line) =>
      sorted(
        [...(parts.get(line.trim().replaceAll(' ', ';')) ?? '').matchAll(/::new\('([^']+)'/g)].map(
          ([, word = '']) => word,
        ),
      ),
    ),
  );
});

test('PowerShell completes', () => {
  if (spawnSync('pwsh', ['-Version']).status !== 0) {
    // No registry of the set-up has it; GitHub's machines do.
    console.log('SKIPPED PowerShell: this machine has no pwsh');
    return;
  }
  const lines = CASES.map(([line]) => `'${line}'`).join(', ');
  const script = `. '${path('powershell')}'
    foreach ($line in ${lines}) { (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText; '<end>' }`;
  const parts = output('pwsh', ['-NoProfile', '-Command', script]).split(/<end>\r?\n/);
  expectOffers(CASES, () =>
    parts.map((part) =>
      sorted(
        part
          .split(/\r?\n/)
          .map((word) => word.trim())
          .filter(Boolean),
      ),
    ),
  );
});

test('the manual page has everything, and is what man reads without a complaint', () => {
  const version = (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version;
  const root = unpacked();
  const mandoc = root === undefined ? undefined : join(root, 'usr/bin/mandoc');
  const groff = spawnSync('groff', ['-man', '-Tascii', '-ww', PAGE], {
    encoding: 'utf8',
    env: { ...process.env, GROFF_NO_SGR: '1' },
  });
  const pages = [];
  if (groff.error === undefined) {
    assert.is(groff.stderr, '');
    pages.push(groff.stdout);
  }
  if (mandoc !== undefined) {
    const lint = spawnSync(mandoc, ['-T', 'lint', '-W', 'warning', PAGE], { encoding: 'utf8' }).stdout;
    // It has none on purpose: two builds give the same bytes.
    assert.equal(
      lint
        .trim()
        .split('\n')
        .filter((line) => !/WARNING: missing date/.test(line)),
      [],
    );
    pages.push(output(mandoc, ['-T', 'ascii', '-O', 'width=100', PAGE]));
  }
  for (const page of pages) {
    // Bold letters are struck twice, those in italics underlined.
    const text = page.replace(/.[\b]/g, '');
    for (const part of [
      'WASI-MMAP(1)',
      `wasi-mmap ${version}`,
      'EXIT STATUS',
      ...VERBS.map((verb) => `\n   ${verb}\n`),
    ])
      assert.ok(text.includes(part), `${part} is not in\n${text}`);
    const listed = [...text.matchAll(/^ {5,8}(?:(-\w), )?(--[\w-]+)/gm)].flatMap(([, short, long]) => [short, long]);
    const known = [...OPTIONS.values()].flat().flatMap(({ words }) => words);
    assert.equal(sorted([...new Set(listed.filter((word) => word !== undefined))]), sorted([...new Set(known)]));
  }
});

test.run();
