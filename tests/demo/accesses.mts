/** Prints the access table: measured in Node, in guests and on other platforms, and compared with the contract. */
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { linesFrom, platforms } from '../tools/platforms.mjs';
import { ask, askGuest, CONTRACT, QUESTIONS } from './access.mjs';
import type { DemoGuest } from './guests.mjs';
import { table } from './table.mjs';
import type { Told } from './there.mjs';

/** The API without a guest. */
const HERE = 'TypeScript in Node';
const ACCESSES = ['read', 'copy', 'write'] as const;

/** The answers of the API in the Node of other platforms, by platform. */
export async function onOtherPlatforms(folder: string, inputs: readonly string[]): Promise<Map<string, Told[]>> {
  const elsewhere = new Map<string, Told[]>();
  for (const platform of platforms) {
    if (platform.missing !== undefined) {
      console.log(`  no column for ${platform.name}: this machine has ${platform.missing}`);
      continue;
    }
    const told: Told[] = [];
    const place = join(folder, platform.name);
    mkdirSync(place);
    const words = [relative('.', place), ...inputs];
    for await (const answer of linesFrom<Told>(platform, 'build/tests/demo/there.mjs', words)) told.push(answer);
    rmSync(place, { recursive: true });
    elsewhere.set(`${HERE} (${platform.name})`, told);
  }
  return elsewhere;
}

/** Returns the number of wrong answers. */
export async function accesses(
  folder: string,
  inputs: readonly string[],
  guests: readonly DemoGuest[],
  elsewhere: ReadonlyMap<string, Told[]>,
): Promise<number> {
  let wrong = 0;
  /** A copy of the file, because some modes change it. */
  const copyOf = (path: string): string => {
    const copy = join(folder, basename(path));
    copyFileSync(path, copy);
    return copy;
  };
  for (const access of ACCESSES) {
    const cells = new Map<string, Set<string>>();
    /** All languages on a host share one cell, because they must answer alike. */
    const tell = (question: string, column: string, answer: string, expected: string): void => {
      if (answer !== expected) wrong += 1;
      const cell = `${question} ${column}`;
      cells.set(
        cell,
        (cells.get(cell) ?? new Set()).add(answer === expected ? answer : `WRONG: ${answer}, not ${expected}`),
      );
    };
    for (const path of inputs) {
      const answers = ask(copyOf(path), access);
      for (const question of QUESTIONS) tell(question, HERE, answers[question], CONTRACT[access][question]);
      for (const { host, guest } of guests) {
        const guestAnswers = await askGuest((copy) => guest.openExisting(copy), copyOf(path), access);
        for (const question of QUESTIONS) {
          const expected = question === 'a store into a view' ? 'no views' : CONTRACT[access][question];
          tell(question, host, guestAnswers[question], expected);
        }
      }
    }
    for (const [column, told] of elsewhere) {
      for (const { answers } of told.filter((answer) => answer.access === access)) {
        for (const question of QUESTIONS) tell(question, column, answers[question], CONTRACT[access][question]);
      }
    }
    console.log(`\nAccess ${access}`);
    const hosts = [HERE, ...elsewhere.keys(), ...new Set(guests.map(({ host }) => host))];
    const title = (host: string): string => (host.startsWith(HERE) ? host : `guests, ${host}`);
    const rows = QUESTIONS.map((question) => [
      question,
      ...hosts.map((host) => [...(cells.get(`${question} ${host}`) ?? [])].join('; ')),
    ]);
    table(['', ...hosts.map(title)], rows);
  }
  return wrong;
}
