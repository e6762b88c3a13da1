import { userInfo } from "node:os";
import { afterAll, beforeEach, expect, test } from "vitest";
import { openRows, useTestDatabase } from "../src/index.ts";
import { millrace } from "../src/command.ts";

const database = useTestDatabase();
const rows = openRows(database.url);
afterAll(() => rows.close());
beforeEach(() => rows.rows("truncate millrace.pauses, millrace.paused_jobs, millrace.audit_log"));

const pauses = (...args: string[]) => millrace(["pauses", ...args], { DATABASE_URL: database.url });

test("an operator sets a pause, lists it with its waiting jobs and ends it, and the audit log records who and why", async () => {
  expect(await pauses("list")).toBe("no pauses\n");
  expect(await pauses("set", "whatsapp:1065", "--reason", "the number moves", "--for", "2h")).toMatch(
    /^whatsapp:1065 is paused until 2\d{3}-/,
  );
  await rows.rows("insert into millrace.paused_jobs (queue, job_id, scope) values ('q', 'one', 'whatsapp:1065')");
  const [listed] = JSON.parse(await pauses("list", "--json"));
  expect(listed).toMatchObject({ scope: "whatsapp:1065", kind: "paused", reason: "the number moves", waitingJobs: 1 });
  expect(Date.parse(listed.until) - Date.parse(listed.since)).toBe(2 * 3_600_000);
  expect(await pauses("lift", "whatsapp:1065", "--reason", "it has moved", "--actor", "ada")).toContain("is resumed");
  expect(await pauses("list", "--json")).toBe("[]\n");
  expect(await rows.rows("select actor, action, subject, reason from millrace.audit_log order by id")).toEqual([
    { actor: userInfo().username, action: "pause.set", subject: "whatsapp:1065", reason: "the number moves" },
    { actor: "ada", action: "pause.lifted", subject: "whatsapp:1065", reason: "it has moved" },
  ]);
}, 120_000);

test("a pause without a duration lasts until an operator ends it", async () => {
  expect(await pauses("set", "n8n", "--reason", "the workflow changes")).toContain("until you run pauses lift");
  expect(JSON.parse(await pauses("list", "--json"))).toMatchObject([{ scope: "n8n", until: null }]);
  expect(await pauses("list")).toContain("none: run pauses lift");
}, 120_000);

test("a wrong scope is a usage error, and a scope that is not paused cannot be resumed", async () => {
  await expect(pauses("set", "meta page", "--reason", "a test")).rejects.toMatchObject({ code: 2 });
  await expect(pauses("set", "n8n", "--reason", " ")).rejects.toMatchObject({ code: 2 });
  await expect(pauses("lift", "n8n")).rejects.toThrow("n8n is not paused");
  expect(await rows.rows("select 1 from millrace.audit_log")).toEqual([]);
}, 120_000);
