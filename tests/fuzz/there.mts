/** Runs in the Node of another platform: plays episodes on files in this folder, and tells what it answered. */
import { openHere } from '../contract/runner.mjs';
import { playEpisodes, type Abilities } from './episode.mjs';

const [folder = '', abilities = '', operations, seed] = process.argv.slice(2);

for await (const played of playEpisodes(
  openHere,
  JSON.parse(abilities) as Abilities,
  folder,
  Number(operations),
  Number(seed),
)) {
  console.log(JSON.stringify(played));
}
