import { expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { useDatabase } from "../../test/use-database.ts";
import { createAuditLog } from "./audit-log.ts";
import { createOperatorSessions } from "./sessions.ts";
import { createOperators } from "./operators.ts";

const NOON = new Date("2026-03-01T12:00:00Z");
const later = (ms: number) => new Date(NOON.getTime() + ms);

const database = useDatabase(4);

const by = { actor: "bea", reason: "she asked for it" };

test("each change of an operator writes an audit entry with actor and reason, without the password hash", async () => {
  const operators = createOperators(database, uuidv7);
  const set = (role: "viewer" | "operator" | undefined, passwordHash: string) =>
    operators.set({ name: "ada", role, passwordHash }, by);
  expect([await set(undefined, "hash-1"), await set("operator", "hash-2"), await set(undefined, "hash-3")]).toEqual([
    "added",
    "changed",
    "changed",
  ]);
  expect(await operators.named("ada")).toMatchObject({ role: "operator", passwordHash: "hash-3" });
  expect(await operators.list()).toMatchObject([{ name: "ada", role: "operator" }]);
  expect([await operators.remove("ada", by), await operators.remove("ada", by)]).toEqual([true, false]);
  expect(await operators.named("ada")).toBeUndefined();

  const rows = await createAuditLog(database, uuidv7).list({ limit: 10, subject: "ada" });
  const common = { ...by, subject: "ada" };
  expect(rows).toMatchObject([
    { ...common, action: "operator.removed", before: { role: "operator" }, after: null },
    { ...common, action: "operator.changed", before: { role: "operator" }, after: { role: "operator" } },
    { ...common, action: "operator.changed", before: { role: "viewer" }, after: { role: "operator" } },
    { ...common, action: "operator.added", before: null, after: { role: "viewer" } },
  ]);
  expect(JSON.stringify(rows)).not.toContain("hash-");
});

test("two concurrent changes of one operator leave one row with the second change", async () => {
  const operators = createOperators(database, uuidv7);
  const set = (hash: string) => operators.set({ name: "grace", role: "viewer", passwordHash: hash }, by);
  const done = await Promise.all(["one", "two", "three"].map(set));
  expect(done).toContain("added");
  expect((await operators.list()).filter(({ name }) => name === "grace")).toHaveLength(1);
});

test("the use of a session is recorded at most once a minute", async () => {
  const sessions = createOperatorSessions(database);
  const usedAt = async () => (await database.orm.query.operatorSessions.findFirst())?.usedAt;
  await sessions.open({ tokenHash: "a", operatorId: null, passwordTag: "t", now: NOON, expiresAt: later(90_000_000) });
  for (const [ms, written] of [
    [59_999, 0],
    [60_000, 60_000],
    [119_999, 60_000],
    [120_000, 120_000],
  ] as const) {
    expect(await sessions.use("a", later(ms))).toEqual({ operator: null, passwordTag: "t" });
    expect(await usedAt()).toEqual(later(written));
  }
});

test("expired sessions are deleted when another is opened", async () => {
  const sessions = createOperatorSessions(database);
  const open = (tokenHash: string, now: Date) =>
    sessions.open({ tokenHash, operatorId: null, passwordTag: "t", now, expiresAt: new Date(now.getTime() + 90_000) });
  await open("short", later(1_000));
  await open("next", later(91_000));
  const kept = await database.orm.query.operatorSessions.findMany();
  expect(kept.map(({ tokenHash }) => tokenHash)).not.toContain("short");
});
