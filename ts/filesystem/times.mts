/** Times of files, and other facts about them. */
import type { BigIntStats } from 'node:fs';
import type {
  Datetime,
  DescriptorStat,
  DescriptorType,
  MetadataHashValue,
  NewTimestamp,
} from '../bindings/interfaces/wasi-filesystem-types.js';
import { refuse } from './codes.mjs';

const SECOND = 1_000_000_000n;

/** Undefined before 1970, which WASI 0.2 cannot say. */
function toDatetime(nanoseconds: bigint): Datetime | undefined {
  if (nanoseconds < 0n) return undefined;
  return { seconds: nanoseconds / SECOND, nanoseconds: Number(nanoseconds % SECOND) };
}

type Kind = Pick<
  BigIntStats,
  'isFile' | 'isDirectory' | 'isSymbolicLink' | 'isFIFO' | 'isSocket' | 'isCharacterDevice' | 'isBlockDevice'
>;

export function typeOf(kind: Kind): DescriptorType {
  if (kind.isFile()) return 'regular-file';
  if (kind.isDirectory()) return 'directory';
  if (kind.isSymbolicLink()) return 'symbolic-link';
  if (kind.isFIFO()) return 'fifo';
  if (kind.isSocket()) return 'socket';
  if (kind.isCharacterDevice()) return 'character-device';
  return kind.isBlockDevice() ? 'block-device' : 'unknown';
}

/** A time of WASI 0.3, which can be before 1970. */
export function toInstant(nanoseconds: bigint): Datetime {
  const seconds = nanoseconds / SECOND - (nanoseconds % SECOND < 0n ? 1n : 0n);
  return { seconds, nanoseconds: Number(nanoseconds - seconds * SECOND) };
}

/** @param toTime undefined for a time that the generation cannot say */
export function toStat(stats: BigIntStats, toTime = toDatetime): DescriptorStat {
  const [access, modification, change] = [stats.atimeNs, stats.mtimeNs, stats.ctimeNs].map(toTime);
  return {
    type: typeOf(stats),
    linkCount: stats.nlink,
    size: stats.size,
    ...(access && { dataAccessTimestamp: access }),
    ...(modification && { dataModificationTimestamp: modification }),
    ...(change && { statusChangeTimestamp: change }),
  };
}

/** The bits of pi as a double: any number does that makes the halves differ. */
const MASK = 0x400921fb54442d18n;

/** The same number for the same file under any name, as long as it exists. */
export function toHash({ dev, ino }: BigIntStats): MetadataHashValue {
  const lower = BigInt.asUintN(64, ino ^ (dev * 0x9e3779b97f4a7c15n));
  return { lower, upper: lower ^ MASK };
}

/**
 * A time as Node sets it: seconds, as a floating-point number. It is right to the microsecond, on Windows within one.
 * Versions of Node cut off what is less than a microsecond, or a nanosecond, so a number that is too small by rounding
 * becomes the next larger one.
 */
function toSeconds(nanoseconds: bigint): number {
  if (nanoseconds < 0n) return -toSeconds(-nanoseconds);
  if (nanoseconds / SECOND > Number.MAX_SAFE_INTEGER) refuse('overflow');
  const whole = Number(nanoseconds / SECOND);
  const microseconds = Number((nanoseconds % SECOND) / 1000n);
  let seconds = whole + microseconds / 1e6;
  const isTooSmall = () =>
    Math.floor((seconds - whole) * 1e6) < microseconds || Math.floor(seconds * 1e6) < whole * 1e6 + microseconds;
  for (let step = seconds * Number.EPSILON; isTooSmall() && step < 1e-6; step *= 2) seconds += step;
  return seconds;
}

/** A time before 1970 as Node takes it: it takes a negative number for the present, but not a text. */
const toNode = (seconds: number): number | string => (seconds < 0 ? String(seconds) : seconds);

/** The time to set, in seconds. */
export function toNewTime(time: NewTimestamp, present: () => bigint): number | string {
  switch (time.tag) {
    case 'no-change':
      return toNode(toSeconds(present()));
    case 'timestamp':
      return toNode(toSeconds(time.val.seconds * SECOND + BigInt(time.val.nanoseconds)));
    default:
      return Date.now() / 1000;
  }
}
