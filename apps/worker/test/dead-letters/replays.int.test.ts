import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createReplayScheduler } from "@millrace/db";
import { openRows, queueStores, until, useTestDatabase } from "@millrace/testing";
import { openWorkerHarness, type WorkerHarness } from "../harness/worker-harness.ts";
import type { FakePayload } from "../harness/fake-integration.ts";

const BY = { actor: "grace", reason: "the cause is gone" };

describe.each(queueStores())("replays on $kind:", (store) => {
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

  /** Creates dead letters of events and stops the worker, so that nothing runs until a test starts the next one. */
  async function createDeadLetters(payload: FakePayload, ...ids: string[]): Promise<void> {
    const worker = harness.startWorker();
    for (const id of ids) await harness.enqueue(id, payload);
    await until(
      "every dead letter is written",
      async () => (await harness.deadLetters()).filter(isDead).length === ids.length,
    );
    await worker.stop(1_000);
  }
  const isDead = ({ state }: { state: string }) => state === "dead";
  const ended = (id: string) =>
    until("the replay has ended", async () => {
      const replay = await harness.replays.find(id);
      return replay && replay.state !== "running" && replay;
    });
  const start = async (rate = 10) => {
    const replay = await harness.replays.start({}, rate, BY);
    if (!replay) throw new Error("no dead letter to replay");
    return replay;
  };
  const obliterateQueue = async () => {
    const queue = harness.backend.queue("fake-inbound");
    await queue.obliterate({ force: true });
    await queue.close();
  };

  test("9: a replayed event takes effect once, its dead letter is resolved, and the audit log names the operator", async () => {
    await createDeadLetters({ do: "give_up", times: 1 }, "mended");
    harness.startWorker();
    const replay = await start();
    expect((await ended(replay.id)).progress).toMatchObject({ resolved: 1, dead: 0 });
    expect(await harness.deadLetters()).toMatchObject([{ job_id: "mended", state: "resolved" }]);
    expect(await harness.effects()).toEqual({ mended: 1 });
    expect(await harness.eventStatuses.counts("fake")).toEqual({ done: 1, dead: 0, discarded: 0 });
    const [action] = await rows.rows("select actor, action, subject, reason, after from millrace.audit_log");
    expect(action).toMatchObject({
      ...BY,
      action: "dead_letters.replayed",
      subject: replay.id,
      after: { deadLetters: 1 },
    });
  });

  test("a replay that fails keeps the same dead letter, with the history of its failures", async () => {
    await createDeadLetters({ do: "give_up" }, "broken");
    harness.startWorker();
    const replay = await start();
    expect((await ended(replay.id)).progress).toMatchObject({ resolved: 0, dead: 1 });
    const deadLetters = await rows.rows(
      "select state, history, failed_at > first_failed_at as later from millrace.dead_letters",
    );
    const before = { errorKind: "permanent", error: "asked to give up", attempts: 1, at: expect.any(String) };
    expect(deadLetters).toEqual([{ state: "dead", later: true, history: [before] }]);
  });

  test("9: five replays at once of one dead letter have one effect", async () => {
    await createDeadLetters({ do: "give_up", times: 1 }, "one");
    const started = await Promise.all(Array.from({ length: 5 }, () => harness.replays.start({}, 10, BY)));
    const accepted = started.filter((replay) => replay !== undefined);
    expect(accepted).toMatchObject([{ total: 1 }]);
    for (let index = 0; index < 3; index++) harness.startWorker();
    for (const { id } of accepted) await ended(id);
    expect(await harness.effects()).toEqual({ one: 1 });
    expect(harness.integration.attempts.get("one")).toBe(2);
  });

  test("a replay works after the queue has lost all its jobs", async () => {
    await createDeadLetters({ do: "give_up", times: 1 }, "lost");
    await obliterateQueue();
    harness.startWorker();
    await ended((await start()).id);
    expect(await harness.effects()).toEqual({ lost: 1 });
  });

  test("2: a dead letter is requeued if its job is lost during a replay, by a dead worker or by the queue", async () => {
    await createDeadLetters({ do: "give_up", times: 1 }, "early");
    await harness.replays.start({}, 10, BY);
    // The first part of what a worker does; then the worker dies.
    const { released } = await createReplayScheduler(harness.database).step(new Date());
    expect(released).toMatchObject([{ jobId: "early" }]);
    await obliterateQueue();
    expect(await harness.deadLetters()).toMatchObject([{ state: "replaying" }]);
    expect(await harness.eventStatuses.counts("fake")).toEqual({ done: 0, dead: 1, discarded: 0 });
    harness.startWorker();
    await until("it is requeued", async () => (await harness.effects())["early"] === 1);
    expect(await harness.deadLetters()).toMatchObject([{ state: "resolved" }]);
  });

  test("a replay ends although one of its dead letters is discarded meanwhile", async () => {
    await createDeadLetters({ do: "give_up", times: 1 }, "erased");
    const { id } = await start();
    await createReplayScheduler(harness.database).step(new Date());
    await rows.rows("update millrace.dead_letters set state = 'discarded'");
    await obliterateQueue();
    harness.startWorker();
    expect((await ended(id)).progress).toMatchObject({ skipped: 1 });
    expect(await harness.effects()).toEqual({});
  });

  test("a dead letter of a removed queue stays dead and does not delay the others", async () => {
    await createDeadLetters({ do: "give_up", times: 1 }, "mended", "moved");
    await obliterateQueue();
    await rows.rows("update millrace.dead_letters set queue = 'gone-inbound' where job_id = 'moved'");
    harness.startWorker();
    const ids = async (job: string) =>
      (await rows.rows<{ id: string }>(`select id from millrace.dead_letters where job_id = '${job}'`)).map(
        ({ id }) => id,
      );
    const one = await harness.replays.start({ ids: await ids("moved") }, 10, BY);
    const two = await harness.replays.start({ ids: await ids("mended") }, 10, BY);
    expect((await ended(one?.id ?? "")).progress).toMatchObject({ skipped: 1 });
    expect((await ended(two?.id ?? "")).progress).toMatchObject({ resolved: 1 });
    expect((await harness.deadLetters()).filter(isDead)).toMatchObject([{ job_id: "moved" }]);
  });

  test("a replay stops when its first job fails again, and the other dead letters stay dead", async () => {
    const ids = Array.from({ length: 30 }, (_, index) => `many${index}`);
    await createDeadLetters({ do: "give_up" }, ...ids);
    harness.startWorker();
    const replay = await ended((await start(500)).id);
    expect(replay).toMatchObject({ state: "stopped", detail: "1 of the last 1 failed again" });
    expect(replay.progress).toMatchObject({ dead: 1, skipped: 29 });
    expect((await harness.deadLetters()).filter(isDead)).toHaveLength(30);
    expect([...harness.integration.attempts.values()].reduce((one, two) => one + two)).toBe(31);
    expect(harness.log.lines()).toContainEqual(expect.objectContaining({ msg: "replay.ended", level: "error" }));
  });

  test("a cancelled replay requeues no more jobs, and another replay can include the rest", async () => {
    await createDeadLetters({ do: "give_up", times: 1 }, "one", "two", "three");
    const first = await start();
    expect(await harness.replays.cancel(first.id, BY)).toBe(true);
    expect(await harness.replays.cancel(first.id, BY)).toBe(false);
    expect((await harness.replays.find(first.id))?.progress).toMatchObject({ skipped: 3 });
    harness.startWorker();
    const second = await ended((await start()).id);
    expect(second.progress).toMatchObject({ resolved: 3 });
  });

  test("a discarded dead letter is not replayed, and an edited one is replayed with its new payload", async () => {
    await createDeadLetters({ do: "give_up" }, "useless", "wrong");
    const id = async (job: string) =>
      (await rows.rows<{ id: string }>(`select id from millrace.dead_letters where job_id = '${job}'`))[0]?.id ?? "";
    const [useless, wrong] = [await id("useless"), await id("wrong")];
    expect(await harness.replays.discard({ ids: [useless] }, BY)).toBe(1);
    expect(await harness.replays.edit(useless, { do: "write" }, BY)).toBe(false);
    expect(await harness.replays.edit(wrong, { do: "write" }, BY)).toBe(true);
    harness.startWorker();
    await ended((await start()).id);
    expect(await harness.effects()).toEqual({ wrong: 1 });
    expect(await rows.rows("select action, subject, before, after from millrace.audit_log order by id")).toMatchObject([
      { action: "dead_letters.discarded", subject: useless, before: { state: "dead" }, after: { state: "discarded" } },
      { action: "dead_letter.edited", subject: wrong, before: { do: "give_up" }, after: { do: "write" } },
      { action: "dead_letters.replayed" },
    ]);
  });
});
