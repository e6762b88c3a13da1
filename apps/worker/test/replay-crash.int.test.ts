import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase, openRows, queueStores, type TestDatabase, until } from "@millrace/testing";
import { openPipe, type Pipe } from "./pipe.ts";

const CRASH_WORKER = fileURLToPath(new URL("./replay-crash-worker.ts", import.meta.url));

/**
 * Where a worker dies: the letter is marked as replaying · the old job is gone, the new one is not there · the new job
 * is there · its effects are written · they are committed, and its job is not completed.
 */
const CRASH_POINTS = ["marked", "cleared", "put", "written", "committed"] as const;
/** See {@link CRASH_POINTS}. */
export type CrashPoint = (typeof CRASH_POINTS)[number];

describe.each(queueStores())("a worker that is killed in the middle of a replay, on $kind", (store) => {
  let testDatabase: TestDatabase;
  let pipe: Pipe;
  let rows: ReturnType<typeof openRows>;

  beforeEach(async () => {
    testDatabase = await createTestDatabase();
    pipe = await openPipe(testDatabase.url, await store.url(testDatabase.url));
    rows = openRows(testDatabase.url);
  });
  afterEach(async () => {
    await rows.close();
    await pipe.close();
    await testDatabase.drop();
  });

  test.each(CRASH_POINTS)("9: five replays at once give one effect when it dies where they are %s", async (point) => {
    const first = pipe.work();
    await pipe.send("one", { do: "give_up", times: 1 });
    await until("it is dead", async () => (await pipe.deadLetters()).length === 1);
    await first.stop(1_000);

    const by = { actor: "grace" };
    const started = await Promise.all(Array.from({ length: 5 }, () => pipe.replays.start({}, 10, by)));
    expect(started.filter((replay) => replay !== undefined)).toHaveLength(1);
    const child = fork(CRASH_WORKER, [pipe.databaseUrl, pipe.queueUrl, point]);
    expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
    expect(await pipe.deadLetters()).toMatchObject([{ state: point === "committed" ? "resolved" : "replaying" }]);

    pipe.work();
    await until("it is resolved and nothing is left to do", async () => {
      const [letter] = await pipe.deadLetters();
      const { place } = await pipe.reader.find("one");
      return letter?.state === "resolved" && place !== "waiting" && place !== "inFlight";
    });
    expect(await pipe.effects()).toEqual({ one: 1 });
    expect(await pipe.ledger.counts("probe")).toEqual({ done: 1, dead: 0 });
    expect(await rows.rows("select state, total from millrace.replays")).toMatchObject([{ total: 1 }]);
    expect(await rows.rows("select state from millrace.replay_items")).toEqual([{ state: "resolved" }]);
    expect(await rows.rows("select count(*)::int as actions from millrace.audit_log")).toEqual([{ actions: 1 }]);
  });
});
