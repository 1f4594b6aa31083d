// Published programs in C: here the two that are small, in seconds. `--all [NAME]...` is `make programs-test`: all, on all hosts.
import { check, HOSTS, PUBLISHED, type Host, type Name } from './published.mjs';

const QUICK: Partial<Record<Name, Host[]>> = {
  tinycdb: ['node, spans', 'wasmtime, polyfill'],
  gdbm: ['wasmtime, spans', 'wasmtime, polyfill'],
};

const all = process.argv.includes('--all');
const named = process.argv.slice(3) as Name[];
const every = Object.keys(HOSTS) as Host[];
for (const name of Object.keys(PUBLISHED) as Name[]) {
  const hosts = all ? every : QUICK[name];
  if (hosts && (named.length === 0 || named.includes(name))) check(name, hosts);
}
