import { existsSync, readdirSync, readFileSync } from "node:fs";

const source = new URL("../src/", import.meta.url);

/** Each file of an integration's fixtures, as a request body. */
export function fixturesOf(id: string): (readonly [name: string, body: Uint8Array])[] {
  const folder = new URL(`${id}/fixtures/`, source);
  const files = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }).filter((file) => file.isFile()) : [];
  return files.map(({ name }) => [name, readFileSync(new URL(name, folder))] as const);
}
