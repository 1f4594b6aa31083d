/** The guests of the demonstration: the suite's runner in each language, on each host. */
import { existsSync } from 'node:fs';
import { guestOn, type GuestHost, type GuestLanguage } from '../contract/hosts.mjs';
import type { Guest } from '../contract/guest.mjs';

export interface DemoGuest {
  language: GuestLanguage;
  host: GuestHost;
  guest: Guest;
}

const LANGUAGES = ['rust', 'c', 'javascript', 'python'] as const;
/** What people call them. */
export const TITLES: Record<GuestLanguage, string> = {
  rust: 'Rust',
  c: 'C',
  javascript: 'JavaScript',
  python: 'Python',
};
const HOSTS = ['node', 'node-polyfill', 'wasmtime', 'wasmtime-polyfill'] as const;

/** The tour has all of them; the demonstration those in Node that are built. */
export function findGuests(isTour: boolean): DemoGuest[] {
  const hasPolyfill = existsSync('dist/polyfill/component/polyfill.js');
  // The command needs this file, the last that guest/polyfill builds, to read components.
  if (!existsSync('dist/polyfill/provided.wasm')) return [];
  const hosts = HOSTS.filter((host) => isTour || host === 'node' || (host === 'node-polyfill' && hasPolyfill));
  const languages = LANGUAGES.filter((language) => isTour || existsSync(`build/guests/${language}/contract.wasm`));
  return hosts.flatMap((host) => languages.map((language) => ({ language, host, guest: guestOn(language, host) })));
}

/** What the tour has beyond these guests, as a sentence. */
export function leftOut(guests: readonly DemoGuest[]): string {
  if (guests.length === 0)
    return 'left out: all guests, because they take cargo with the target wasm32-unknown-unknown (https://rustup.rs)';
  const missing = [
    ...LANGUAGES.filter((language) => !guests.some((one) => one.language === language)).map(
      (one) => `guests in ${TITLES[one]}`,
    ),
    ...(guests.some(({ host }) => host === 'node-polyfill')
      ? []
      : ['hosts without a native mapping (this takes cargo with the target wasm32-unknown-unknown)']),
    'wasmtime',
    'Windows and arm64',
    'SQLite',
  ];
  return `left out: ${missing.join(', ')}`;
}
