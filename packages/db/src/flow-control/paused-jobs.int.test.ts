import { afterEach, expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { useDatabase } from "../../test/use-database.ts";
import { pausedJobs as table, pauses as pausesTable } from "../schema/index.ts";
import { createPausedJobs } from "./paused-jobs.ts";
import { createPauses } from "./pauses.ts";

const database = useDatabase();
const pausedJobs = createPausedJobs(database);
const pauses = createPauses(database, uuidv7);

afterEach(async () => {
  await database.orm.delete(table);
  await database.orm.delete(pausesTable);
});

const add = async (scope: string, ...jobIds: readonly string[]) => {
  for (const jobId of jobIds) await pausedJobs.add({ queue: `${scope}-queue`, jobId, scope });
};
const idsOf = (jobs: readonly { jobId: string }[]) => jobs.map(({ jobId }) => jobId);
const pause = (scope: string, waitMs: number) => pauses.set({ scope, kind: "unavailable", reason: "HTTP 503", waitMs });

test("14: the longest waiting job of a scope probes it, once the probe is due", async () => {
  await add("due", "first", "second");
  await add("later", "third");
  await add("resumed", "fourth");
  await pause("due", 0);
  await pause("later", 60_000);
  expect(idsOf(await pausedJobs.probes())).toEqual(["first"]);
  // A job that still runs is added as it was read, and is behind the others then.
  for (const job of await pausedJobs.probes()) await pausedJobs.add(job);
  expect(idsOf(await pausedJobs.probes())).toEqual(["second"]);
});

test("14: the jobs of resumed scopes are found by their age, except those of busy queues", async () => {
  await add("a", "a1", "a2", "a3");
  await add("b", "b1");
  await add("c", "c1");
  await pause("b", 0);
  expect(idsOf(await pausedJobs.resumed(2, []))).toEqual(["a1", "a2"]);
  expect(idsOf(await pausedJobs.resumed(10, []))).toEqual(["a1", "a2", "a3", "c1"]);
  expect(idsOf(await pausedJobs.resumed(10, ["a-queue"]))).toEqual(["c1"]);
});

test("14: a job that waits again after it was read stays", async () => {
  await add("a", "a1", "a2");
  const read = await pausedJobs.resumed(10, []);
  await add("a", "a1");
  await pausedJobs.remove(read);
  expect(idsOf(await pausedJobs.resumed(10, []))).toEqual(["a1"]);
});
