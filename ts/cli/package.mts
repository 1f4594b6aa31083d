/** The message of the translating process: files or an error, as bytes. */

export interface Translation {
  readonly files: Record<string, Uint8Array>;
}

export interface Failure {
  readonly error: string;
}

interface Header {
  readonly error?: string;
  readonly sizes: Array<[name: string, size: number]>;
}

const LENGTH = 4;

export function pack(answer: Translation | Failure): Buffer {
  const files = 'files' in answer ? Object.entries(answer.files) : [];
  const header: Header = {
    ...('error' in answer ? { error: answer.error } : undefined),
    sizes: files.map(([name, bytes]) => [name, bytes.length]),
  };
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(LENGTH);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text, ...files.map(([, bytes]) => bytes)]);
}

/** Undefined if the message is incomplete. */
export function unpack(bytes: Buffer): Translation | Failure | undefined {
  if (bytes.length < LENGTH) return undefined;
  let at = LENGTH + bytes.readUInt32LE();
  if (at > bytes.length) return undefined;
  const { error, sizes } = JSON.parse(bytes.toString('utf8', LENGTH, at)) as Header;
  if (error !== undefined) return { error };
  const files: Record<string, Uint8Array> = {};
  for (const [name, size] of sizes) {
    if (size > bytes.length - at) return undefined;
    files[name] = bytes.subarray(at, at + size);
    at += size;
  }
  return { files };
}
