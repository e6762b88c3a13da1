import { afterEach, expect, test } from "vitest";
import { openRows, until, useTestDatabase } from "../src/index.ts";
import { millrace } from "../src/command.ts";
import { type AppProcess, startApp } from "./processes.ts";
import { secrets } from "./simulated-platform.ts";

const database = useTestDatabase();
const running: AppProcess[] = [];
afterEach(async () => {
  for (const app of running.splice(0)) await app.kill();
});

test("14: a worker on a database that is rolled back answers 503 with the reason, until it is migrated", async () => {
  const environment = { ...secrets, DATABASE_URL: database.url };
  const worker = await startApp("worker", environment);
  running.push(worker);
  const readiness = async () => {
    const response = await fetch(`http://127.0.0.1:${worker.port}/readyz`);
    return [response.status, await response.json()];
  };

  const rows = openRows(database.url);
  await rows.rows(
    "delete from drizzle.__drizzle_migrations where id = (select max(id) from drizzle.__drizzle_migrations)",
  );
  await until("the worker waits", async () => (await readiness())[0] === 503);
  const reason = "1 migrations are not applied: run millrace migrate";
  expect(await readiness()).toEqual([503, { status: "not ready", reason }]);

  await millrace(["migrate"], environment);
  await until("the worker goes on", async () => (await readiness())[0] === 200);
  expect(worker.output().match(/"worker.waits_for_migrations"/g)).toHaveLength(1);
  expect(await worker.stop()).toBe(0);
  await rows.close();
});
