/** Stands for the addon where there is none, so that the module can be imported: only what needs the addon throws. */
import type { Addon } from './addon.js';

/** The page size of the polyfill, in bytes. */
const PAGE = 4096;

/** @param reason what `mmap()` throws */
export function noAddon(reason: unknown): Addon {
  const refuse = (): never => {
    throw reason;
  };
  // oxlint-disable-next-line typescript/no-extraneous-class -- classes are extended by it
  class NoSpan {}
  class NoMapping {
    static readonly openAccess = refuse;
    static readonly openPosix = refuse;
    static readonly openNamed = refuse;
    ownBuffer(): undefined {}
  }
  return {
    Mapping: NoMapping as unknown as Addon['Mapping'],
    Span: NoSpan as unknown as Addon['Span'],
    pageSize: PAGE,
    granularity: PAGE,
    spanGranularity: 0,
    createStop: refuse,
    requestStop: refuse,
    createBudget: refuse, // wasi-mmap/host needs one when it is imported.
    budgetUsed: refuse,
    budgetPeak: refuse,
    hasGuardRegion: () => false,
    withReadablePage: () => false,
    hasAmpleAddresses: () => false,
    installFaultHandler: () => undefined,
    liveRegions: () => 0,
    unnoticedFaults: () => 0,
  };
}
