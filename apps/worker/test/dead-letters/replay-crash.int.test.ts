import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openRows, queueStores, until, useTestDatabase } from "@millrace/testing";
import { REPLAY_CRASH_POINTS } from "./replay-crash-points.ts";
import { openWorkerHarness, type WorkerHarness } from "../harness/worker-harness.ts";

const CRASH_WORKER = fileURLToPath(new URL("./replay-crash-worker.ts", import.meta.url));

describe.each(queueStores())("a worker that is killed during a replay, on $kind", (store) => {
  const testDatabase = useTestDatabase({ perTest: true });
  let harness: WorkerHarness;
  let rows: ReturnType<typeof openRows>;

  beforeEach(async () => {
    harness = await openWorkerHarness(testDatabase.url, await store.url(testDatabase.url));
    rows = openRows(testDatabase.url);
  });
  afterEach(async () => {
    await rows.close();
    await harness.close();
  });

  test.each(REPLAY_CRASH_POINTS)(
    "9: five replays at once have one effect when the worker dies after the job is %s",
    async (point) => {
      const first = harness.startWorker();
      await harness.enqueue("one", { do: "give_up", times: 1 });
      await until("it is dead", async () => (await harness.deadLetters()).length === 1);
      await first.stop(1_000);

      const by = { actor: "grace" };
      const started = await Promise.all(Array.from({ length: 5 }, () => harness.replays.start({}, 10, by)));
      expect(started.filter((replay) => replay !== undefined)).toHaveLength(1);
      const child = fork(CRASH_WORKER, [harness.databaseUrl, harness.queueUrl, point]);
      expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
      expect(await harness.deadLetters()).toMatchObject([{ state: point === "committed" ? "resolved" : "replaying" }]);

      harness.startWorker();
      await until("the dead letter is resolved and no job is unfinished", async () => {
        const [deadLetter] = await harness.deadLetters();
        const { place } = await harness.reader.find("one");
        return deadLetter?.state === "resolved" && place !== "waiting" && place !== "inFlight";
      });
      expect(await harness.effects()).toEqual({ one: 1 });
      expect(await harness.eventStatuses.counts("fake")).toEqual({ done: 1, dead: 0, discarded: 0 });
      expect(await rows.rows("select state, total from millrace.replays")).toMatchObject([{ total: 1 }]);
      expect(await rows.rows("select state from millrace.replay_items")).toEqual([{ state: "resolved" }]);
      expect(await rows.rows("select count(*)::int as actions from millrace.audit_log")).toEqual([{ actions: 1 }]);
    },
  );
});
