/** Bytes as people read and write them. */

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: false });

export const toHex = (byte: number): string => byte.toString(16).padStart(2, '0');

/** Printable ASCII as text, other bytes as dots. */
export const toLetter = (byte: number): string =>
  byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : byte === 0x20 ? ' ' : '·';

export const toOffset = (offset: number): string => offset.toString(16).padStart(4, '0');

export const toText = (bytes: Uint8Array): string => decoder.decode(bytes);

export function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** The bytes of hexadecimal digits after `0x`, or of any other text in UTF-8. */
export function parseBytes(text: string): Uint8Array {
  const digits = /^0x((?:[0-9a-f]{2}\s*)+)$/i.exec(text.trim())?.[1];
  if (digits === undefined) return encoder.encode(text);
  return Uint8Array.from(digits.match(/[0-9a-f]{2}/gi) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Decimal, or hexadecimal after `0x`. */
export function parseOffset(text: string): number | undefined {
  const trimmed = text.trim();
  return /^(0x[0-9a-f]+|[0-9]+)$/i.test(trimmed) ? Number(trimmed) : undefined;
}

/** A file of three pages (12 KiB and a little), in which every line begins with its position. */
export function sampleFile(): Uint8Array {
  const lines: string[] = [];
  for (let at = 0; at < 3 * 4096; at += 32)
    lines.push(`page ${at >> 12}, offset 0x${toOffset(at)}: mmap\n`.padStart(32, ' '));
  return encoder.encode(lines.join(''));
}
