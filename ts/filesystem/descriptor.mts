/** The resource `descriptor` of `wasi:filesystem`: files and directories of the host. */
import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  futimesSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeSync,
  type BigIntStats,
} from 'node:fs';
import { types } from '@bytecodealliance/preview2-shim/filesystem';
import type {
  Advice,
  Descriptor,
  DescriptorFlags,
  DescriptorStat,
  DescriptorType,
  DirectoryEntryStream,
  InputStream,
  MetadataHashValue,
  NewTimestamp,
  OpenFlags,
  OutputStream,
  PathFlags,
} from '../bindings/interfaces/wasi-filesystem-types.js';
import { dispose } from '../disposable.js';
import { LARGEST_LOAN, lend } from '../preview2-shim/lending.mjs';
import { attempt, refuse } from './codes.mjs';
import { Entries } from './entries.mjs';
import { O_NOFOLLOW, type Folder } from './folder.mjs';
import { exists, locate, pathOf, targetOf, type Place } from './locate.mjs';
import { OpenFile } from './open-file.mjs';
import { FileInput, FileOutput, LAST_POSITION, readAt, type Written } from './streams.mjs';
import { toHash, toNewTime, toStat, typeOf } from './times.mjs';

// An instance of the shim's class can stand where one of the shim's stands.
const ShimDescriptor = types.Descriptor as unknown as new () => object;

/** The most bytes of one read: what can be lent. */
const LARGEST = BigInt(LARGEST_LOAN);

/** What a descriptor is of. */
type Subject =
  { readonly kind: 'file'; readonly file: OpenFile } | { readonly kind: 'folder'; readonly folder: Folder };

export class HostDescriptor extends ShimDescriptor implements Descriptor {
  readonly #subject: Subject;
  readonly #rights: DescriptorFlags;
  readonly #readOnly: boolean;
  readonly #written: Written = { times: 0 };

  constructor(subject: Subject, rights: DescriptorFlags, readOnly: boolean) {
    super();
    this.#subject = subject;
    this.#rights = rights;
    this.#readOnly = readOnly;
    if (subject.kind === 'file') subject.file.keep(this);
  }

  /** The operating system's file of a descriptor, open for more than its rights allow; undefined for a directory. */
  static fileOf(descriptor: HostDescriptor): number | undefined {
    return descriptor.#subject.kind === 'file' ? descriptor.#subject.file.fd : undefined;
  }

  /** The facts about a descriptor's file. */
  static statsOf(descriptor: HostDescriptor): BigIntStats {
    return descriptor.#stats();
  }

  /** The facts about what a path leads to. */
  static statsAt(descriptor: HostDescriptor, { symlinkFollow }: PathFlags, path: string): BigIntStats {
    return descriptor.#existing(path, symlinkFollow, (_, stats) => stats);
  }

  [dispose](): void {
    if (this.#subject.kind === 'file') this.#subject.file.drop(this);
    else this.#subject.folder.close();
  }

  #file(): OpenFile {
    return this.#subject.kind === 'file' ? this.#subject.file : refuse('bad-descriptor');
  }

  #folder(): Folder {
    return this.#subject.kind === 'folder' ? this.#subject.folder : refuse('not-directory');
  }

  /** The directory, to change something in it. */
  #changing(): Folder {
    const folder = this.#folder();
    return this.#readOnly ? refuse('not-permitted') : folder;
  }

  #readable(): OpenFile {
    const file = this.#file();
    return this.#rights.read ? file : refuse('bad-descriptor');
  }

  #writable(): OpenFile {
    const file = this.#file();
    if (this.#readOnly) refuse('not-permitted');
    return this.#rights.write ? file : refuse('bad-descriptor');
  }

  #stats(): BigIntStats {
    const subject = this.#subject;
    return attempt(() =>
      subject.kind === 'file' ? fstatSync(subject.file.fd, { bigint: true }) : subject.folder.stat(),
    );
  }

  // Files

  readViaStream(offset: bigint): InputStream {
    if (this.#subject.kind === 'folder') refuse('is-directory');
    return new FileInput(this.#readable(), offset, this.#written);
  }

  writeViaStream(offset: bigint): OutputStream {
    return new FileOutput(this.#writable(), offset, this.#written);
  }

  appendViaStream(): OutputStream {
    return new FileOutput(this.#writable(), undefined, this.#written);
  }

  // oxlint-disable-next-line class-methods-use-this -- a method of the interface
  advise(_offset: bigint, _length: bigint, _advice: Advice): void {
    this.#file(); // Node has no call for advice, which a system may ignore.
  }

  read(length: bigint, offset: bigint): [Uint8Array, boolean] {
    const { fd } = this.#readable();
    if (length === 0n) return [new Uint8Array(0), false];
    // A method that wraps this one may keep the bytes.
    const size = Number(length < LARGEST ? length : LARGEST);
    const bytes = this.read === HostDescriptor.prototype.read ? lend(size) : new Uint8Array(size);
    const count = attempt(() => readAt(fd, bytes, offset));
    return [bytes.subarray(0, count), count === 0];
  }

  write(bytes: Uint8Array, offset: bigint): bigint {
    const { fd } = this.#writable();
    if (offset > LAST_POSITION) refuse('file-too-large');
    return BigInt(attempt(() => writeSync(fd, bytes, 0, bytes.length, Number(offset))));
  }

  setSize(size: bigint): void {
    const file = this.#file();
    if (this.#readOnly) refuse('not-permitted');
    if (!this.#rights.write) refuse('invalid'); // As ftruncate() says it.
    if (size > LAST_POSITION) refuse('file-too-large');
    attempt(() => ftruncateSync(file.fd, Number(size)));
  }

  // Files and directories

  #sync(call: (fd: number) => void): void {
    const subject = this.#subject;
    attempt(() => {
      if (subject.kind === 'file') return call(subject.file.fd);
      if (process.platform === 'win32') return undefined; // It has nothing to write there.
      const fd = openSync(subject.folder.at('.'), constants.O_RDONLY);
      try {
        return call(fd);
      } finally {
        closeSync(fd);
      }
    });
  }

  #syncFile(call: (fd: number) => void): void {
    this.#sync((fd) => {
      try {
        call(fd);
      } catch (error) {
        // Windows refuses that for a file that is only read.
        if (process.platform !== 'win32' || (error as { code?: string }).code !== 'EPERM') throw error;
      }
    });
  }

  sync(): void {
    this.#syncFile(fsyncSync);
  }

  syncData(): void {
    this.#syncFile(fdatasyncSync);
  }

  getFlags(): DescriptorFlags {
    return { ...this.#rights };
  }

  getType(): DescriptorType {
    return this.#subject.kind === 'folder' ? 'directory' : typeOf(this.#stats());
  }

  stat(): DescriptorStat {
    return toStat(this.#stats());
  }

  setTimes(access: NewTimestamp, modification: NewTimestamp): void {
    if (this.#readOnly) refuse('not-permitted');
    const stats = this.#stats();
    const times = [toNewTime(access, () => stats.atimeNs), toNewTime(modification, () => stats.mtimeNs)] as const;
    const subject = this.#subject;
    attempt(() =>
      subject.kind === 'file' ? futimesSync(subject.file.fd, ...times) : lutimesSync(subject.folder.at('.'), ...times),
    );
  }

  isSameObject(other: Descriptor): boolean {
    if (!(other instanceof HostDescriptor)) return false;
    const [own, theirs] = [this.#stats(), other.#stats()];
    return own.dev === theirs.dev && own.ino === theirs.ino;
  }

  metadataHash(): MetadataHashValue {
    return toHash(this.#stats());
  }

  // Directories

  readDirectory(): DirectoryEntryStream {
    const folder = this.#folder();
    return attempt(() => new Entries(folder.at('.')));
  }

  /** Calls a function with the path of something that exists. */
  #existing<T>(path: string, follow: boolean | undefined, call: (path: string, stats: BigIntStats) => T): T {
    return locate(this.#folder(), path, follow ? 'follow' : 'slash', (place) => {
      const { folder, name } = place;
      if (name === undefined) return call(folder.at('.'), folder.stat());
      const host = pathOf(place);
      return call(host, lstatSync(host, { bigint: true }));
    });
  }

  statAt({ symlinkFollow }: PathFlags, path: string): DescriptorStat {
    return this.#existing(path, symlinkFollow, (_, stats) => toStat(stats));
  }

  metadataHashAt({ symlinkFollow }: PathFlags, path: string): MetadataHashValue {
    return this.#existing(path, symlinkFollow, (_, stats) => toHash(stats));
  }

  setTimesAt({ symlinkFollow }: PathFlags, path: string, access: NewTimestamp, modification: NewTimestamp): void {
    this.#changing();
    if (access.tag === 'no-change' && modification.tag === 'no-change') return; // Linux does not look for the file then.
    this.#existing(path, symlinkFollow, (host, stats) => {
      lutimesSync(
        host,
        toNewTime(access, () => stats.atimeNs),
        toNewTime(modification, () => stats.mtimeNs),
      );
    });
  }

  openAt({ symlinkFollow }: PathFlags, path: string, open: OpenFlags, flags: DescriptorFlags): Descriptor {
    const base = this.#folder();
    // The answers of wasmtime.
    if (flags.fileIntegritySync || flags.dataIntegritySync || flags.requestedWriteSync) refuse('unsupported');
    if (open.directory && (open.create || open.exclusive || open.truncate)) refuse('invalid');
    if (this.#readOnly && (flags.write || open.create || open.truncate)) refuse('not-permitted');
    // A name with a slash is not made, nor one that is there if it must not be.
    const make = open.create === true && (open.exclusive === true || path.endsWith('/'));
    return locate(base, path, make ? 'keep' : symlinkFollow ? 'follow' : 'slash', (place) =>
      this.#open(place, open, flags),
    );
  }

  #open(place: Place, open: OpenFlags, flags: DescriptorFlags): Descriptor {
    const { folder, name, directory } = place;
    if (directory && name !== undefined && open.create) refuse('is-directory');
    const fd = openSync(
      pathOf(place),
      O_NOFOLLOW |
        (flags.write ? (flags.read ? constants.O_RDWR : constants.O_WRONLY) : constants.O_RDONLY) |
        (open.create ? constants.O_CREAT : 0) |
        (open.create && open.exclusive ? constants.O_EXCL : 0) |
        (open.truncate ? constants.O_TRUNC : 0) |
        (open.directory ? (constants.O_DIRECTORY ?? 0) : 0),
      0o666,
    );
    let kept: OpenFile | undefined;
    try {
      const isDirectory = fstatSync(fd).isDirectory();
      const read = flags.read === true;
      if (!isDirectory) {
        if (open.directory || directory) refuse('not-directory');
        kept = new OpenFile(fd);
        return new HostDescriptor({ kind: 'file', file: kept }, { read, write: flags.write === true }, this.#readOnly);
      }
      if (flags.write) refuse('is-directory'); // Windows opens it.
      const inner = name === undefined ? folder.copy() : folder.inside(name);
      const mutateDirectory = flags.mutateDirectory === true && !this.#readOnly;
      return new HostDescriptor({ kind: 'folder', folder: inner }, { read, mutateDirectory }, this.#readOnly);
    } finally {
      if (kept === undefined) closeSync(fd);
    }
  }

  readlinkAt(path: string): string {
    return locate(this.#folder(), path, 'slash', (place) => {
      const { folder, name, directory } = place;
      if (directory) pathOf(place);
      if (name === undefined || directory) refuse(exists(place) ? 'invalid' : 'no-entry');
      return targetOf(folder.at(name));
    });
  }

  createDirectoryAt(path: string): void {
    locate(this.#changing(), path, 'keep', ({ folder, name }) =>
      name === undefined ? refuse('exist') : mkdirSync(folder.at(name)),
    );
  }

  removeDirectoryAt(path: string): void {
    locate(this.#changing(), path, 'keep', ({ folder, name }) =>
      name === undefined ? refuse('invalid') : rmdirSync(folder.at(name)),
    );
  }

  unlinkFileAt(path: string): void {
    locate(this.#changing(), path, 'keep', (place) => {
      const { name, directory } = place;
      if (name === undefined) refuse('is-directory');
      const host = pathOf(place);
      // Systems disagree about directories.
      if (directory || process.platform !== 'linux') {
        if (lstatSync(host).isDirectory()) refuse('is-directory');
      }
      unlinkSync(host);
    });
  }

  /** Calls a function with a path in this directory, and one in another. */
  #withOther(old: string, other: Descriptor, path: string, call: (from: Place, to: Place) => void): void {
    const base = this.#changing();
    if (!(other instanceof HostDescriptor)) refuse('cross-device');
    const target = other.#changing();
    locate(base, old, 'keep', (from) => {
      locate(target, path, 'keep', (to) => {
        call(from, to);
      });
    });
  }

  linkAt({ symlinkFollow }: PathFlags, old: string, other: Descriptor, path: string): void {
    if (symlinkFollow) refuse('invalid'); // As wasmtime.
    this.statAt({}, old); // Linux looks for it first.
    this.#withOther(old, other, path, (from, to) => {
      const source = pathOf(from);
      if (exists(to)) refuse('exist');
      if (to.directory) refuse('no-entry');
      if (from.name === undefined) refuse('not-permitted');
      linkSync(source, pathOf(to));
    });
  }

  renameAt(old: string, other: Descriptor, path: string): void {
    this.#withOther(old, other, path, (from, to) => {
      if (from.name === undefined || to.name === undefined) refuse('busy');
      const source = pathOf(from);
      if (to.directory && !lstatSync(source).isDirectory()) refuse('not-directory');
      renameSync(source, pathOf(to));
    });
  }

  symlinkAt(target: string, path: string): void {
    locate(this.#changing(), path, 'keep', (place) => {
      const { folder, name } = place;
      // A link out of the directory could not be followed.
      if (target.startsWith('/')) refuse('not-permitted');
      if (name === undefined) refuse('exist');
      if (place.directory) refuse(exists(place) ? 'exist' : 'no-entry');
      symlinkSync(target, folder.at(name));
    });
  }
}
