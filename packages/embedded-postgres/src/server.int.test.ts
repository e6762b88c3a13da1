import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort, temporaryFolder } from "@millrace/testing";
import { startEmbeddedPostgres } from "./server.ts";

let folder: string;
beforeAll(() => {
  folder = temporaryFolder();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a start stops the Postgres that a killed process left running, and uses its data", async () => {
  const leftover = await startEmbeddedPostgres({ folder, port: await freePort() });
  const pidFile = join(leftover.dataFolder, "postmaster.pid");
  const pid = readFileSync(pidFile, "utf8").split("\n", 1)[0];
  const next = await startEmbeddedPostgres({ folder, port: await freePort() });
  expect(readFileSync(pidFile, "utf8").split("\n", 1)[0]).not.toBe(pid);
  expect(next.dataFolder).toBe(leftover.dataFolder);
  await next.stop();
});

test("a start does not stop another process with the pid of an earlier Postgres", async () => {
  const { dataFolder, stop } = await startEmbeddedPostgres({ folder, port: await freePort() });
  await stop();
  const otherProcess = spawn("sleep", ["60"]);
  await once(otherProcess, "spawn");
  writeFileSync(join(dataFolder, "postmaster.pid"), `${otherProcess.pid}\n${dataFolder}\n1\n`);
  // Postgres decides by itself whether to start; in both cases the other process keeps running.
  const started = await startEmbeddedPostgres({ folder, port: await freePort() }).then(
    (postgres) => postgres.stop(),
    () => undefined,
  );
  expect(started).toBeUndefined();
  expect(otherProcess.exitCode ?? otherProcess.signalCode).toBeNull();
  otherProcess.kill("SIGKILL");
});
