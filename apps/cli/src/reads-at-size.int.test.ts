import { defaultQueueStore, tablesReadInFull, useLargeTables } from "@millrace/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createProgram } from "./program.ts";

const database = useLargeTables();

beforeEach(async () => {
  vi.stubEnv("DATABASE_URL", database.url);
  vi.stubEnv("QUEUE_URL", await defaultQueueStore().url(database.url));
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
  vi.spyOn(console, "table").mockReturnValue(undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const READS: readonly string[][] = [
  ["status"],
  ["trace", "dead.7"],
  ["conversations"],
  ["conversions"],
  ["contacts", "find", "lovel"],
  ["contacts", "find", "no such name"],
  ["contacts", "find", "+49 15100000007"],
  ["contacts", "find", "person10@example.com"],
  ["contacts", "find", "whatsapp:4915100000007"],
  ["contacts", "erase", "+49 15100000007", "--dry-run"],
  ["dead-letters", "list"],
  ["dead-letters", "list", "--all"],
  ["dead-letters", "list", "--text", "allowed list"],
  ["dead-letters", "list", "--text", "no such error"],
  ["dead-letters", "list", "--queue", "n8n-ai", "--error-kind", "permanent"],
  ["dead-letters", "list", "--tenant", "Mill"],
  ["dead-letters", "list", "--since", "2026-01-01T00:00:00Z"],
  ["dead-letters", "show", "dead.7"],
  ["dead-letters", "replay", "--dry-run", "--text", "code 9"],
  ["dead-letters", "discard", "--dry-run", "--all"],
  ["pauses", "list"],
  ["accounts", "list"],
  ["operators", "list"],
];

/** Commands that read no large table, that change rows, or that start processes. */
const OTHERS = [
  "accounts add",
  "conversions release",
  "dead-letters cancel",
  "dead-letters edit",
  "doctor",
  "migrate",
  "operators add",
  "operators remove",
  "pauses lift",
  "pauses set",
  "send",
  "start",
];

test.each(READS.map((args) => ({ command: args.join(" "), args })))(
  "$command reads no large table in full",
  async ({ args }) => {
    const run = () => createProgram().parseAsync(args, { from: "user" });
    expect(await tablesReadInFull(database.url, run)).toEqual([]);
  },
);

test("every command is in one of the two lists", () => {
  const leaves = createProgram().commands.flatMap((command) => {
    const children = command.commands.map((child) => `${command.name()} ${child.name()}`);
    return children.length > 0 && command.name() !== "conversions" ? children : [command.name(), ...children];
  });
  const tested = READS.map(([one = "", two = ""]) => [`${one} ${two}`, one]).map(
    ([both = "", one = ""]) => leaves.find((leaf) => leaf === both) ?? one,
  );
  expect([...new Set([...tested, ...OTHERS])].sort()).toEqual(leaves.sort());
});
