/** Scripts for guests/calls.c: chosen ones, one for each subject, and random ones. */

export const CHOSEN: Readonly<Record<string, string>> = {
  append: `
    open 0 @/log wca
    open 1 @/log wca
    write 0 1
    write 1 2
    write 0 3
    write 1 4
    open 2 @/log r
    read 2 100
    open 3 @/log wct
    write 0 new
    pread 2 100 0
    seek 0 0 c
    seek 0 0 s
    write 0 more
    pread 2 100 0
    pwrite 0 zz 0
    pread 2 100 0
    mode 0
  `,
  end: `
    open 0 @/grow +ct
    open 1 @/grow r
    read 1 10
    write 0 abc
    read 1 10
    read 1 10
    write 0 def
    seek 1 0 s
    read 1 10
    read 1 10
    write 0 ghi
    seek 1 0 c
    read 1 10
    seek 1 0 e
    seek 1 2 e
    read 1 4
    write 0 0123456789
    read 1 4
    ftruncate 0 2
    read 1 4
    seek 1 0 s
    read 1 4
  `,
  times: `
    open 0 @/t +ct
    utimens @/t 1000000000.5 1234567890.25
    times @/t
    ftimes 0
    futimens 0 1000000001.5 1234567891.75
    times @/t
    utimens @/t omit 1234500000.125
    times @/t
    utimens @/t 1111111111 omit
    times @/t
    futimens 0 omit 5
    ftimes 0
    futimens 0 7.000001 omit
    ftimes 0
    utimens @/t now omit
    times @/t
    utimens @/t omit now
    times @/t
    futimens 0 1 2
    futimens 0 now now
    ftimes 0
    mkdir @/d
    utimens @/d 10 20
    times @/d
    open 1 @/d rd
    futimens 1 30 40
    ftimes 1
    symlink t @/l
    lutimens @/l 50 60
    ltimes @/l
    times @/l
    utimens @/l 70 80.3
    times @/t
    utimens @/none 1 2
    utimens @/d/none omit omit
    symlink none @/dangling
    utimens @/dangling 1 2
    lutimens @/dangling 3 4
    ltimes @/dangling
    utimens @/t 4102444800.9 17179869183
    times @/t
  `,
  paths: `
    mkdir @/a
    mkdir @/a/b
    open 0 @/a/b/f wc
    close 0
    stat @/a/b/f
    stat @/a//b///f
    stat @/a/./b/./f
    stat @/a/b/../b/f
    stat @/a/b/../../a/b/f
    stat @/none/../a/b/f
    stat @/a/b/f/../f
    stat @/a/b/f/
    stat @/a/b/f/.
    stat @/a/b/
    stat @/a/b/.
    stat @/a/b/..
    symlink b @/a/l
    symlink a/b @/l2
    symlink l2/f @/lf
    symlink loop1 @/loop2
    symlink loop2 @/loop1
    symlink a/b/ @/slash
    symlink . @/dot
    symlink a/.. @/up
    stat @/a/l
    lstat @/a/l
    lstat @/a/l/
    stat @/l2/../b/f
    stat @/l2/f
    stat @/lf
    lstat @/lf
    stat @/lf/
    stat @/loop1
    lstat @/loop1
    open 0 @/loop1 r
    open 0 @/lf rn
    open 0 @/lf r
    close 0
    stat @/slash/f
    lstat @/slash
    lstat @/slash/
    stat @/dot/a/b/f
    stat @/up/a/b/f
    readlink @/slash
    readlink @/a/b/f
    readlink @/a
    readlink @/none
    readlink @/loop1
    mkdir @/l2
    mkdir @/a/
    mkdir @/new/
    rmdir @/new/
    mkdir @/none/x
    mkdir @/a/b/f/x
    mkdir @/a/.
    mkdir @/a/..
    rmdir @/a
    rmdir @/a/b/f
    rmdir @/a/.
    rmdir @/a/b/..
    rmdir @/l2
    rmdir @/none
    unlink @/a
    unlink @/a/
    unlink @/a/b/f/
    unlink @/l2/
    unlink @/none
    unlink @/dot
    open 0 @/a%5cb wc
    close 0
    list @/
    stat @/a%5cb
    unlink @/a%5cb
    mkdir @/%c3%bc
    open 0 @/%c3%bc/x%20y wc
    list @/%c3%bc
    open 0 @/a%3ab wc
    open 0 @/trail%20 wc
    open 0 @/trail. wc
    open 0 @/con wc
    list @/
    symlink target%5cx @/back
    readlink @/back
    symlink /etc/passwd @/abs
    symlink %c3%bc/none @/dangling
    open 0 @/dangling r
    open 0 @/dangling wcx
    open 0 @/dangling wc
    lstat @/%c3%bc/none
    stat @/dangling
    symlink %c3%bc @/uml
    open 0 @/uml/x%20y r
    list @/uml
    list @/a/b/f
    list @/none
    access @/a r
    access @/none r
    access @/a/b/f w
    same @/a/b/f @/lf
    same @/a/b @/l2
    same @/a @/a/b
    truncate @/a/b/f 10
    stat @/a/b/f
    truncate @/a 1
    truncate @/none 1
    truncate @/lf 3
    stat @/a/b/f
  `,
  open: `
    open 0 @/f wcx
    write 0 hello
    open 1 @/f wcx
    open 1 @/f rx
    open 1 @/f r
    write 1 x
    pwrite 1 x 0
    ftruncate 1 0
    read 0 4
    pread 0 4 0
    mode 0
    mode 1
    open 2 @/f +
    mode 2
    read 2 10
    write 2 WORLD
    seek 2 0 s
    read 2 20
    open 3 @/f wt
    fstat 2
    read 2 10
    seek 2 0 s
    read 2 10
    open 4 @/ r
    read 4 10
    pread 4 10 0
    write 4 x
    pwrite 4 x 0
    ftruncate 4 0
    fstat 4
    seek 4 0 c
    fsync 4
    fdatasync 4
    fadvise 4 0 1
    open 5 @/ w
    open 5 @/ +
    open 5 @/ rd
    open 5 @/f rd
    open 5 @/ rc
    open 5 @/ wc
    open 5 @/none r
    open 5 @/none/x wc
    open 5 @/f/x wc
    open 5 @/new/ wc
    open 5 @/ rcx
    open 5 @/f rt
    fstat 2
    open 5 @/fresh rc
    write 5 x
    mode 5
    stat @/fresh
    open 6 @/f rd
    close 9
    read 9 1
    fsync 0
    fdatasync 0
    fsync 1
    fadvise 0 0 0
    fadvise 0 5 10
    ftruncate 0 100
    fstat 0
    ftruncate 0 -1
    ftruncate 0 4503599627370496000
    seek 0 -1 s
    seek 0 4611686018427387904 s
    write 0 x
    pwrite 0 x 4611686018427387904
    pread 2 10 4611686018427387904
    pread 2 10 -1
    seek 2 100000 s
    write 2 end
    fstat 2
    pread 2 3 100000
    pread 2 5 99998
    read 2 0
    write 2 %00
    pwrite 2 far 10
    pread 2 5 9
    fill 2 100000
    fstat 2
    fill 2 131072
    fstat 2
    seek 2 0 s
    seek 2 100002 c
    read 2 4
    unlink @/f
    fstat 2
    read 2 3
    write 2 gone
    stat @/f
  `,
  move: `
    mkdir @/a
    mkdir @/a/in
    open 0 @/a rd
    open 1 @/a/f wc
    rename @/a @/b
    openat 2 0 f r
    openat 3 0 g wc
    write 3 x
    list @/b
    flist 0
    fstatat 0 in
    mkdirat 0 in2
    unlinkat 0 g
    fstatat 0 ../b
    list @/b
    mkdir @/a
    renameat 0 f 0 h
    list @/b
    list @/a
    open 4 @/a rd
    renameat 0 h 4 i
    list @/a
    list @/b
    rmdir @/b/in2
    rmdir @/b/in
    rmdir @/b
    flist 0
    fstatat 0 x
    openat 5 0 x wc
    rename @/a/i @/a/j
    rename @/a/j @/a/j
    rename @/a/none @/a/k
    rename @/a/j @/none/j
    mkdir @/c
    rename @/a/j @/c
    rename @/c @/a/j
    rename @/a @/a/x
    rename @/c @/a
    mkdir @/e
    rename @/e @/c
    rename @/c/ @/c2/
    rename @/a/j/ @/q
    rename @/a/j @/q/
    rename @/c2 @/q/
    list @/
    link @/a/j @/hard
    stat @/a/j
    same @/a/j @/hard
    link @/a @/x
    link @/none @/x
    link @/a/j @/hard
    link @/a/j @/none/y
    symlink a/j @/sl
    link @/sl @/hl
    lstat @/hl
    link @/a/j/ @/x
    link @/a/j @/x/
    unlink @/a/j
    stat @/hard
    symlink x @/sl
    symlink x @/a/
    symlink x @/none/z
    symlink x @/new/
    rename @/sl @/sm
    lstat @/sm
    rename @/. @/x
    rename @/a/. @/x
    rename @/a/.. @/x
    rename @/hard @/.
    list @/
  `,
  streams: `
    fopen 0 @/f w+
    fwrite 0 hello
    ftell 0
    fseek 0 0 s
    fread 0 10
    feof 0
    fwrite 0 more
    fseek 0 2 s
    fwrite 0 XX
    fflush 0
    fseek 0 0 s
    fread 0 20
    fopen 1 @/f a
    fwrite 1 end
    fflush 1
    fopen 2 @/f a
    fwrite 2 two
    fflush 2
    fwrite 1 three
    fclose 1
    fclose 2
    fseek 0 0 s
    fread 0 40
    fopen 3 @/f a+
    fread 3 3
    fwrite 3 Q
    fseek 3 0 s
    fread 3 40
    fgetc 3
    feof 3
    fclose 3
    fopen 4 @/f r
    fwrite 4 x
    fflush 4
    feof 4
    fread 4 3
    fclose 4
    fopen 5 @/none r
    fopen 5 @/none/x w
    fopen 5 @/ r
    fopen 6 @/g w
    fread 6 3
    feof 6
    fclose 6
    fopen 7 @/f r+
    fseek 7 0 e
    ftell 7
    fwrite 7 tail
    fseek 7 -4 e
    fread 7 10
    fseek 7 -100 s
    ftell 7
    fclose 7
    fclose 0
  `,
};

/** Names in a folder. Few, so that they often meet. */
const NAMES = ['f', 'g', 'd', 'e', 'l', 'm', 'x'];
const FLAGS = 'r w + wc +c wct +ct wcx wca +ca wa rn r + rt rd wn +cn'.split(' ');
const TARGETS = 'f d d/f l ../f d/../f e/ . .. m/x'.split(' ');

/** A number below a limit. */
type Next = (limit: number) => number;

/** The same numbers for the same seed, by xorshift. */
function numbers(seed: number): Next {
  let state = seed >>> 0 || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % limit;
  };
}

/** A path that does not leave the folder by itself. */
function randomPath(next: Next, pick: (list: readonly string[]) => string): string {
  const parts = [pick(NAMES)];
  while (next(3) === 0) parts.push(pick([...NAMES, ...NAMES, '.', '..', '']));
  if (next(12) === 0) parts.push('');
  let depth = 0;
  const kept = parts.filter((part) => {
    if (part === '.' || part === '') return true;
    if (part !== '..') depth += 1;
    else if (depth === 0) return false;
    else depth -= 1;
    return true;
  });
  return kept.join('/') || 'f';
}

/** A script of random calls. */
export function randomScript(seed: number, length: number): string {
  const next = numbers(seed);
  const pick = <T,>(list: readonly T[]): T => list[next(list.length)] as T;
  const inside = (): string => randomPath(next, pick);
  const path = (): string => `@/${inside()}`;
  const file = (): number => next(5);
  const folder = (): number => 5 + next(3);
  const either = (): number => pick([file(), folder()]);
  const text = (): string => pick(['a', 'bcd', 'xyz12', 'Q'.repeat(1 + next(40))]);
  const offset = (): number => pick([0, 0, 1, 2, 5, 10, 100, 70_000, next(50)]);
  const whence = (): string => pick(['s', 'c', 'e']);
  const time = (): string =>
    pick(['now', 'omit', `${1 + next(1e9)}`, `${next(1e9)}.5`, `${next(2e9)}.${String(next(1e6)).padStart(6, '0')}`]);
  /** Calls, each with how often it is made. */
  const calls: Array<[number, () => string]> = [
    [8, () => `open ${file()} ${path()} ${pick(FLAGS)}`],
    [3, () => `open ${folder()} ${path()} rd`],
    [3, () => `openat ${file()} ${folder()} ${inside()} ${pick(FLAGS)}`],
    [2, () => `close ${either()}`],
    [6, () => `read ${file()} ${pick([1, 3, 10, 200])}`],
    [3, () => `pread ${file()} ${pick([1, 3, 50])} ${offset()}`],
    [7, () => `write ${file()} ${text()}`],
    [3, () => `pwrite ${file()} ${text()} ${offset()}`],
    [5, () => `seek ${file()} ${pick([0, 0, 1, 3, -1, -2, 20])} ${whence()}`],
    [2, () => `ftruncate ${file()} ${offset()}`],
    [2, () => `fstat ${either()}`],
    [1, () => `futimens ${either()} ${time()} ${time()}`],
    [1, () => `ftimes ${either()}`],
    [1, () => `fsync ${file()}`],
    [1, () => `mode ${file()}`],
    [2, () => `flist ${folder()}`],
    [4, () => `stat ${path()}`],
    [3, () => `lstat ${path()}`],
    [2, () => `fstatat ${folder()} ${inside()}`],
    [1, () => `times ${path()}`],
    [1, () => `ltimes ${path()}`],
    [2, () => `utimens ${path()} ${time()} ${time()}`],
    [1, () => `lutimens ${path()} ${time()} ${time()}`],
    [6, () => `mkdir ${path()}`],
    [1, () => `mkdirat ${folder()} ${inside()}`],
    [3, () => `rmdir ${path()}`],
    [3, () => `unlink ${path()}`],
    [1, () => `unlinkat ${folder()} ${inside()}`],
    [5, () => `rename ${path()} ${path()}`],
    [1, () => `renameat ${folder()} ${inside()} ${folder()} ${inside()}`],
    [3, () => `link ${path()} ${path()}`],
    [5, () => `symlink ${pick(TARGETS)} ${path()}`],
    [2, () => `readlink ${path()}`],
    [1, () => `truncate ${path()} ${offset()}`],
    [2, () => `list ${path()}`],
    [1, () => `same ${path()} ${path()}`],
    [1, () => `access ${path()} ${pick(['f', 'r', 'w'])}`],
    [2, () => `fopen ${file()} ${path()} ${pick(['r', 'w', 'a', 'r+', 'w+', 'a+'])}`],
    [2, () => `fwrite ${file()} ${text()}`],
    [2, () => `fread ${file()} ${pick([2, 30])}`],
    [1, () => `fflush ${file()}`],
    [1, () => `fseek ${file()} ${pick([0, 1, 4])} ${whence()}`],
    [1, () => `fclose ${file()}`],
    [1, () => `feof ${file()}`],
    [1, () => `ftell ${file()}`],
  ];
  const bag = calls.flatMap(([times, call]) => Array.from({ length: times }, () => call));
  const lines = ['mkdir @/d', 'mkdir @/d/e', 'open 0 @/f +c', 'write 0 start', 'open 5 @/d rd'];
  while (lines.length < length) lines.push(pick(bag)());
  return lines.join('\n');
}
