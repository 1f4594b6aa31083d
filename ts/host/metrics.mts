/** What a program can know of its guests. */
import { budgetPeak, budgetUsed } from '../node/native.js';
import { currentBudget } from './limits.mjs';

/** What the guests of this thread hold, and what they have done: {@link metrics}. The crate for wasmtime has the same figures. */
export interface Metrics {
  /** The mappings that are open. */
  readonly mappings: number;
  /** The spans that are attached. */
  readonly spans: number;
  /** The length of all open mappings, in bytes of addresses. */
  readonly mapped: number;
  /** The most that `mapped` was. */
  readonly peakMapped: number;
  /** The length of all attached spans, in bytes of the guests' memories. */
  readonly attached: number;
  /** The most that `attached` was. */
  readonly peakAttached: number;
  /** The memory, in bytes, that mappings take beside the pages of files, as `Limits.privateMemory` counts it. */
  readonly privateMemory: number;
  /** The most that `privateMemory` was since the limit was set. */
  readonly peakPrivateMemory: number;
  /** The mappings that were ever made. */
  readonly allMappings: number;
  /** The spans that were ever attached. */
  readonly allSpans: number;
  /** The bytes that `read` copied. */
  readonly bytesRead: number;
  /** The bytes that `write` copied. */
  readonly bytesWritten: number;
  /** The bytes that `find`, `rfind`, `move`, `populate` and `resident` went through. */
  readonly bytesStepped: number;
  /**
   * The calls that were the error `fault`, and those of `faulted` that said yes: a file was truncated, or its storage failed.
   * Loads and stores in a span are no calls.
   */
  readonly faults: number;
  /** The calls that were the error `no-memory`: past a limit, or past what the system gives. */
  readonly noMemory: number;
}

/** Mappings or spans, and their bytes. */
class Held {
  count = 0;
  all = 0;
  bytes = 0;
  peak = 0;

  add(bytes: number): void {
    this.count += 1;
    this.all += 1;
    this.change(bytes);
  }

  change(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes > this.peak) this.peak = this.bytes;
  }

  drop(bytes: number): void {
    this.count -= 1;
    this.bytes -= bytes;
  }
}

/** The open mappings of this thread, and the attached spans. */
export const held = { mappings: new Held(), spans: new Held() } as const;

/** What the calls of this thread's guests have done. */
export const done = { bytesRead: 0, bytesWritten: 0, bytesStepped: 0, faults: 0, noMemory: 0 };

/** Counts a call that ends with this error, or tells of it. */
export function countError(code: string): void {
  if (code === 'fault') done.faults += 1;
  else if (code === 'no-memory') done.noMemory += 1;
}

/** Returns what the guests of this thread hold and have done, all of them together. It costs a dozen loads. */
export function metrics(): Metrics {
  const { mappings, spans } = held;
  const budget = currentBudget();
  return {
    mappings: mappings.count,
    spans: spans.count,
    mapped: mappings.bytes,
    peakMapped: mappings.peak,
    attached: spans.bytes,
    peakAttached: spans.peak,
    privateMemory: budgetUsed(budget),
    peakPrivateMemory: budgetPeak(budget),
    allMappings: mappings.all,
    allSpans: spans.all,
    ...done,
  };
}
