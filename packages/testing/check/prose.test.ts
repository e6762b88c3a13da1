import { expect, test } from "vitest";
import { wrongWords } from "./prose.ts";

const wordsOf = (text: string) => wrongWords(text).map(({ word }) => word.toLowerCase());

test("a word of the list is reported with its line and its replacement", () => {
  expect(wrongWords("// One.\n// The worker tells ingest.\n")).toEqual([
    { line: 2, word: "tells", use: "report, return, log, notify or distinguish" },
  ]);
});

test.each([
  ["const tollFence = 1;", ["fence"]],
  ["select * from conversion_ledger", ["ledger"]],
  ['import { createGate } from "./narrow-gate.ts";', ["gate", "gate"]],
  ['test("what died is replayed", run);', ["what died"]],
  ["The worker gives it back.", ["gives it back"]],
  ["Nobody's account", ["nobody's"]],
])("identifiers, paths, strings and prose are read: %s", (text, words) => {
  expect(wordsOf(text)).toEqual(words);
});

test("a phrase that is wrapped within a comment is found on the line where it begins", () => {
  expect(wrongWords(" * The worker lets\n * go of the lock.")).toMatchObject([{ line: 1 }]);
});

test.each([
  "An understanding gateway foretells a timestamp.",
  "deadLetters, dead_letters and dead-letter queues; a dead\n * letter",
  "a name has upper case letters and digits",
  "await Promise.allSettled(jobs)",
  "the request carries appsecret_proof",
  "see https://example.com/tell/gate.html",
  'spawn(program, { stdio: ["ignore", "pipe", "ignore"] })',
  "the time that a request takes in ms",
])("what only contains such a word is correct: %s", (text) => {
  expect(wordsOf(text)).toEqual([]);
});
