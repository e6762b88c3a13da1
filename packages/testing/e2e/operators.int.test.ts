import { userInfo } from "node:os";
import { afterEach, expect, test } from "vitest";
import { openRows, useTestDatabase } from "../src/index.ts";
import { millrace } from "../src/command.ts";
import { type AppProcess, startApp } from "./processes.ts";

const PASSWORD = "a pass phrase: of hers";

const database = useTestDatabase();
let dashboard: AppProcess | undefined;
afterEach(() => dashboard?.kill());

test("an operator signs in after millrace operators add, and is signed out after remove", async () => {
  const environment = {
    DATABASE_URL: database.url,
    DASHBOARD_PASSWORD: "correct horse battery",
    NODE_ENV: "production",
  };
  const { port, output, stop } = (dashboard = await startApp("dashboard", environment));
  const statusWith = async (password: string) => {
    const headers = { Authorization: `Basic ${Buffer.from(`ada:${password}`).toString("base64")}` };
    return (await fetch(`http://127.0.0.1:${port}/api/queues`, { headers })).status;
  };
  await expect(millrace(["operators", "add", "ada"], environment, "too short\n")).rejects.toThrow("12 characters");
  expect(await statusWith(PASSWORD)).toBe(401);

  await millrace(["operators", "add", "ada", "--role", "operator"], environment, `${PASSWORD}\nnot read\n`);
  expect(await statusWith(PASSWORD)).toBe(200);
  await millrace(["operators", "add", "ada"], environment, `${PASSWORD}, changed`);
  expect([await statusWith(PASSWORD), await statusWith(`${PASSWORD}, changed`)]).toEqual([401, 200]);
  const listed = await millrace(["operators", "list", "--json"], environment);
  expect(JSON.parse(listed)).toMatchObject([{ name: "ada", role: "operator" }]);
  expect(listed).not.toContain("argon2");

  await millrace(["operators", "remove", "ada", "--reason", "she has left"], environment);
  expect(await statusWith(`${PASSWORD}, changed`)).toBe(401);
  expect(output()).not.toContain(PASSWORD);
  expect(await stop()).toBe(0);
  const rows = openRows(database.url);
  expect(await rows.rows("select actor, action, reason from millrace.audit_log order by id")).toEqual([
    { actor: userInfo().username, action: "operator.added", reason: null },
    { actor: userInfo().username, action: "operator.changed", reason: null },
    { actor: userInfo().username, action: "operator.removed", reason: "she has left" },
  ]);
  await rows.close();
}, 120_000);
