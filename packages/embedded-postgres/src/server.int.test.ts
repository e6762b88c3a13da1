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

test("a Postgres that a killed run left behind is ended, and its data is found again", async () => {
  const left = await startEmbeddedPostgres({ folder, port: await freePort() });
  const pidFile = join(left.dataFolder, "postmaster.pid");
  const pid = readFileSync(pidFile, "utf8").split("\n", 1)[0];
  const next = await startEmbeddedPostgres({ folder, port: await freePort() });
  expect(readFileSync(pidFile, "utf8").split("\n", 1)[0]).not.toBe(pid);
  expect(next.dataFolder).toBe(left.dataFolder);
  await next.stop();
});

test("a process that has the number of a Postgres of before is left alone", async () => {
  const { dataFolder, stop } = await startEmbeddedPostgres({ folder, port: await freePort() });
  await stop();
  const stranger = spawn("sleep", ["60"]);
  await once(stranger, "spawn");
  writeFileSync(join(dataFolder, "postmaster.pid"), `${stranger.pid}\n${dataFolder}\n1\n`);
  // Whether Postgres starts beside it is its own decision; either way the stranger lives on.
  const started = await startEmbeddedPostgres({ folder, port: await freePort() }).then(
    (postgres) => postgres.stop(),
    () => undefined,
  );
  expect(started).toBeUndefined();
  expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
  stranger.kill("SIGKILL");
});
