// The command on Windows: paths, quoting and line ends. The other tests of the command run there too.
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, parse, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { mmap } from 'wasi-mmap';
import { COMMANDS, folder, start, type Options } from '../command.mjs';

const VERBS = resolve('build/guests/c/verbs.wasm');
const MGREP = resolve('build/guests/c/mgrep.wasm');
const slashes = (path: string): string => path.replaceAll('\\', '/');

/** A new folder with a file of one line. */
let count = 0;
function newFolder(name = 'folder'): string {
  count += 1;
  const path = join(folder, `${count}`, name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'file'), 'hay needle\n');
  return path;
}

const UNC = (path: string): string => `\\\\localhost\\${path[0]?.toLowerCase()}$${path.slice(2)}`;

for (const [host, command] of Object.entries(COMMANDS)) {
  const test = suite(`command for ${host}, on Windows`);
  const run = (args: string[], options?: Options) => start(command, ['run', ...args], options);

  /** Checks that mgrep finds the line in this file, with this directory granted. */
  function finds(grant: string, file: string, component = MGREP, ...options: string[]): void {
    const { out, error, code } = run([...options, '--dir', grant, component, 'needle', file]);
    assert.is(out, 'hay needle\n', `${grant} ${file}: ${error}`);
    assert.is(code, 0);
  }

  test('drive letters, slashes and backslashes', () => {
    const path = newFolder();
    assert.match(path, /^[A-Z]:\\/);
    finds(`${path}::/data`, '/data/file');
    finds(`${path}::/data`, '/data/file', MGREP, '--no-native');
    finds(`${slashes(path)}::/data`, 'data/file');
    finds(`${path}\\::/data`, '/data/file');
    finds(path, `${slashes(path)}/file`);
    finds(`${path}\\`, `${slashes(path)}/file`);
    finds(`${path[0]?.toLowerCase()}${path.slice(1)}::/`, 'file');
  });

  test('paths that begin at a folder, at a drive and at its root', () => {
    const name = join('build', `windows-${host}-${process.pid}`);
    mkdirSync(name);
    process.on('exit', () => spawnSync('cmd.exe', ['/d', '/c', 'rmdir', '/s', '/q', name]));
    writeFileSync(join(name, 'file'), 'hay needle\n');
    finds(`${name}::/data`, '/data/file');
    finds(name, `${slashes(name)}/file`);
    finds(`.\\${name}`, `${slashes(name)}/file`);
    const { root } = parse(resolve('.'));
    const inRoot = resolve(name).slice(root.length - 1);
    finds(`${inRoot}::/data`, '/data/file');
    finds(`${root}::/`, `${slashes(inRoot)}/file`);
    finds(`\\::/`, `${slashes(inRoot)}/file`);
    finds(`${root.slice(0, 2)}::/`, `${slashes(name)}/file`); // "C:" is the current directory of that drive.
  });

  test('names with spaces, and of any language', () => {
    for (const name of ['ü 漢字 😀', "it's 100% #1 & (so) ^on; [x] {y} = +,", 'x'.repeat(200)]) {
      const path = newFolder(name);
      finds(`${path}::/data`, '/data/file');
      finds(`${dirname(path)}::/data`, `/data/${name}/file`);
      const component = join(path, `${name.slice(0, 50)}.wasm`);
      writeFileSync(component, readFileSync(VERBS));
      const { out } = run([component, 'arguments', name]);
      assert.is(Buffer.from(out, 'latin1').toString(), `${basename(component)}\narguments\n${name}\n`);
    }
  });

  test('paths longer than 260 characters', () => {
    const path = newFolder(join(...Array.from({ length: 6 }, () => 'long'.repeat(15))));
    assert.ok(path.length > 300);
    finds(`${path}::/data`, '/data/file');
    finds(`${folder}::/data`, `/data/${slashes(path.slice(folder.length + 1))}/file`);
    finds(`\\\\?\\${path}::/data`, '/data/file');
  });

  test('shares', () => {
    const path = newFolder();
    if (!existsSync(UNC(path))) {
      console.log(`skips the test of shares: there is no ${UNC(parse(path).root)}`);
      return;
    }
    finds(`${UNC(path)}::/data`, '/data/file');
    finds(`${slashes(UNC(path))}::/data`, '/data/file');
    finds(UNC(path), `${slashes(UNC(path))}/file`);
    finds(`${UNC(parse(path).root)}::/data`, `/data${slashes(path.slice(2))}/file`);
    finds(`${path}::/data`, '/data/file', UNC(MGREP));
    const output = join(path, 'plugged.wasm');
    assert.is(start(command, ['plug', UNC(MGREP), '-o', UNC(output)]).code, 0);
    assert.ok(existsSync(output));
  });

  test('quoting, as cmd.exe has it', () => {
    const path = newFolder('a b');
    const cmd = (line: string) => {
      const words = ['/d', '/s', '/c', `"${line}"`];
      const { status, stdout, stderr } = spawnSync('cmd.exe', words, { windowsVerbatimArguments: true });
      return { status, out: stdout.toString(), error: stderr.toString() };
    };
    const wasiMmap = command.map((word) => `"${resolve(word)}"`).join(' ');
    const words = 'x "a b" "" "say \\"hi\\"" "C:\\x\\\\" ü --dir';
    assert.is(
      cmd(`${wasiMmap} run "${VERBS}" arguments ${words}`).out,
      'verbs.wasm\narguments\nx\na b\n\nsay "hi"\nC:\\x\\\nü\n--dir\n',
    );
    assert.is(cmd(`${wasiMmap} run --dir "${path}::/a b" "${MGREP}" needle "/a b/file"`).out, 'hay needle\n');
    assert.is(cmd(`${wasiMmap} run "--dir=${path}\\\\" "${MGREP}" needle "${slashes(path)}/file"`).out, 'hay needle\n');
    const { status, error } = cmd(`${wasiMmap} run --dir "${path}\\" "${MGREP}" needle x`);
    assert.is(status, 2);
    assert.match(error, /^wasi-mmap: no backslash may stand before a closing quotation mark: /);
    assert.is(cmd(`${wasiMmap} run "${MGREP}" needle no-file`).status, 2);
    assert.is(cmd(`${wasiMmap} run "${VERBS}" exit-with-failure`).status, 1);
  });

  test('variables, whose names have no case', () => {
    const environment = { Wasi_Mmap_Test: 'ü' };
    const { out } = run(['--env', 'WASI_MMAP_TEST', VERBS, 'variable', 'WASI_MMAP_TEST'], { environment });
    assert.is(Buffer.from(out, 'latin1').toString(), 'ü\n');
  });

  test('line ends are those of the guest, of the file and of the input', () => {
    const path = newFolder();
    writeFileSync(join(path, 'file'), 'hay\r\nhay needle\r\n\r\nneedle \x1a needle\nneedle\r');
    assert.is(
      run(['--dir', `${path}::/`, MGREP, '-n', 'needle', 'file']).out,
      '2:hay needle\r\n4:needle \x1a needle\n5:needle\r\n',
    );
    const input = 'a\r\nb\n\x1a\r\n\0\xff\r';
    assert.is(run([VERBS, 'copy'], { input: Buffer.from(input, 'latin1') }).out, input);
    assert.is(run([VERBS, 'arguments']).out, 'verbs.wasm\narguments\n');
    assert.is(run([VERBS, 'complain']).error, 'to stderr\n');
    assert.match(start(command, ['--help']).out, /^[^\r]+$/);
  });

  test('the cache is below LOCALAPPDATA, whatever that is called', () => {
    const local = newFolder('Local ü #1 100%25 & b');
    const environment = { XDG_CACHE_HOME: '', LOCALAPPDATA: local };
    for (let round = 0; round < 2; round += 1) assert.is(run([VERBS, 'arguments'], { environment }).code, 0);
    const made = readdirSync(join(local, 'wasi-mmap', host));
    if (host === 'node') assert.match(made.join(), /^[0-9a-f]{64}$/);
    else assert.ok(made.includes('modules'), made.join()); // Beside notes about its clean-up.
    // Without a writable cache it uses a temporary folder.
    const file = join(newFolder(), 'file');
    assert.is(run([VERBS, 'arguments'], { environment: { XDG_CACHE_HOME: '', LOCALAPPDATA: file } }).code, 0);
  });

  test('paths of Windows that a guest cannot reach', () => {
    const path = newFolder('open');
    writeFileSync(join(dirname(path), 'secret'), 'secret');
    const drive = path.slice(0, 2);
    const attempts = [
      '/data/..\\secret',
      '/data\\..\\..\\secret',
      '/data/\\..\\secret',
      `/data/${slashes(dirname(path))}/secret`,
      `/data/${drive}secret`,
      `/data/${drive}..\\secret`,
      `\\\\?\\${dirname(path)}\\secret`,
      `//./${slashes(dirname(path))}/secret`,
      `${dirname(path)}\\secret`,
      `${slashes(dirname(path))}/secret`,
      '/data/NUL',
      '/data/CON',
      '/data/COM1',
      '/data/CONOUT$',
      '\\\\.\\NUL',
    ];
    for (const attempt of attempts) {
      assert.not.match(run(['--dir', `${path}::/data`, VERBS, 'write', attempt]).out, /done/, attempt);
    }
    assert.is(readFileSync(join(dirname(path), 'secret'), 'utf8'), 'secret');
    assert.is(readFileSync(join(path, 'file'), 'utf8'), 'hay needle\n');
  });

  test('plug: over a file, and over one that is in use', () => {
    const path = newFolder('a b');
    const output = join(path, 'ü.wasm');
    const plug = (to: string) => start(command, ['plug', MGREP, '-o', to]);
    writeFileSync(output, 'old');
    assert.is(plug(output).code, 0);
    const plugged = readFileSync(output);
    assert.ok(plugged.length > readFileSync(MGREP).length);
    assert.is(start(command, ['plug', slashes(MGREP), '-o', slashes(output)]).code, 0);
    assert.ok(readFileSync(output).equals(plugged));

    const map = mmap(output, 0, 'read');
    const { code, error } = plug(output);
    if (code !== 0) {
      assert.is(code, 2);
      assert.match(error, /^wasi-mmap: cannot write .*ü\.wasm: .+\n$/);
    }
    map.close();
    assert.ok(readFileSync(output).equals(plugged));
    assert.equal(readdirSync(path).sort(), ['file', 'ü.wasm']);

    const fd = openSync(join(path, 'file'), 'r');
    assert.is(plug(join(path, 'no such', 'x.wasm')).code, 2);
    closeSync(fd);
    assert.is(start(command, ['plug', MGREP, '-o', '-']).out, plugged.toString('latin1'));
  });

  test.run();
}
