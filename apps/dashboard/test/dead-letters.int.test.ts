import { contentHash, type ExhaustedJob, uuidv7 } from "@millrace/core";
import { createDeadLetterList, createDeadLetters, createReplayScheduler, type DeadLetter } from "@millrace/db";
import { createTestDatabase, openRows, queueStores, type TestDatabase } from "@millrace/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type DashboardServer, openDashboard, QUEUE } from "./dashboard-server.ts";

const AT = new Date("2026-03-01T11:00:00.000Z");
const LETTERS = "/api/queues/dead-letters";

describe.each(queueStores())("the dead letters on the board, with the queues on $kind:", (store) => {
  let testDatabase: TestDatabase;
  let dashboard: DashboardServer;
  let rows: ReturnType<typeof openRows>;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    rows = openRows(testDatabase.url);
  });
  afterAll(async () => {
    await rows.close();
    await testDatabase.drop();
  });
  beforeEach(async () => {
    dashboard = await openDashboard(await store.url(testDatabase.url), testDatabase.url);
  });
  afterEach(async () => {
    await rows.rows(
      "truncate millrace.dead_letters, millrace.webhook_events, millrace.replays, millrace.audit_log cascade",
    );
    await dashboard.close();
  });

  /** A job that died; the queue itself knows nothing of it, as after it was wiped. */
  async function die(jobId: string, changes: Partial<ExhaustedJob> = {}): Promise<DeadLetter> {
    const job: ExhaustedJob = {
      queue: QUEUE,
      jobId,
      integration: "probe",
      eventId: jobId,
      kind: "message",
      payload: { text: "Ada Sample" },
      errorKind: "permanent",
      error: "no tenant owns page 17",
      attempts: 1,
      correlationId: "c-1",
      receivedAt: AT,
      failedAt: AT,
      ...changes,
    };
    await createDeadLetters(dashboard.database, uuidv7).record(job);
    return read(jobId);
  }
  async function read(jobId: string): Promise<DeadLetter> {
    const letter = await createDeadLetterList(dashboard.database).ofJob(QUEUE, jobId);
    if (!letter) throw new Error(`no letter of ${jobId}`);
    return letter;
  }
  const json = async (path: string) => (await dashboard.ask("GET", path)).json() as Promise<Record<string, unknown>>;
  const listed = async (status: string) => {
    const body = await json(`/api/queues?activeQueue=dead-letters&status=${status}`);
    const [queue] = body["queues"] as { jobs: { id: string }[]; counts: Record<string, number> }[];
    return { ids: queue?.jobs.map(({ id }) => id), counts: queue?.counts };
  };
  /** Letters whose turn it is: what a worker would put into the queue. */
  const released = async () =>
    (await createReplayScheduler(dashboard.database).step(new Date("2026-03-01T12:00:00Z"))).released.map(
      ({ id }) => id,
    );
  const actions = () =>
    rows.rows<{ action: string }>("select actor, action, subject, before, after from millrace.audit_log order by id");

  test("they are listed and counted by what has become of them", async () => {
    const [one, two] = [await die("one"), await die("two", { failedAt: new Date(AT.getTime() + 1) })];
    await dashboard.ask("PUT", `${LETTERS}/${one.id}/clean`);
    expect(await listed("failed")).toMatchObject({ ids: [two.id], counts: { failed: 1, completed: 1 } });
    expect(await listed("completed")).toMatchObject({ ids: [one.id] });
    expect((await listed("latest")).ids).toEqual([two.id, one.id]);
  });

  test.each(["its own id", "its job's id"])(
    "one is found by %s, with its payload, its error and how it died before",
    async (by) => {
      await die("again");
      const letter = await die("again", {
        failedAt: new Date(AT.getTime() + 60_000),
        errorKind: "retryable",
        attempts: 8,
      });
      const id = by === "its own id" ? letter.id : "again";
      expect(await json(`${LETTERS}/${id}`)).toMatchObject({
        status: "failed",
        job: {
          id: letter.id,
          name: `${QUEUE} · message`,
          attempts: 8,
          failedReason: "retryable: no tenant owns page 17",
          data: { v: 1, integration: "probe", id: "again", payload: { text: "Ada Sample" } },
        },
      });
      expect(await json(`${LETTERS}/${id}/logs`)).toEqual([
        "2026-03-01T11:00:00.000Z after 1 attempt, permanent: no tenant owns page 17",
        "2026-03-01T11:01:00.000Z after 8 attempts, retryable: no tenant owns page 17",
      ]);
    },
  );

  test.each(["the dead letters", "the queue it died in"])(
    "9: one is replayed from %s, once, and written down",
    async (from) => {
      const letter = await die("one");
      const path = from === "the dead letters" ? `${LETTERS}/${letter.id}/retry` : `/api/queues/${QUEUE}/one/retry`;
      expect((await dashboard.ask("PUT", path)).status).toBe(204);
      expect((await dashboard.ask("PUT", path)).ok).toBe(false);
      expect(await released()).toEqual([letter.id]);
      expect((await dashboard.ask("PUT", path)).ok).toBe(false);
      expect(await read("one")).toMatchObject({ state: "replaying" });
      expect((await actions())[0]).toMatchObject({
        actor: "grace",
        action: "dead_letters.replayed",
        subject: letter.id,
        after: { letters: 1 },
      });
    },
  );

  test.each(["dead-letters", QUEUE])("all of %s are one replay, which begins with the first", async (queue) => {
    const first = await die("one");
    await die("two");
    const answer = await dashboard.ask("PUT", `/api/queues/${queue}/retry/failed`);
    expect(await answer.json()).toEqual({ retried: 2, skipped: 0 });
    expect(await released()).toEqual([first.id]);
  });

  test("9: edited data is checked, kept, and written down with what it was before", async () => {
    const letter = await die("one");
    const { job } = (await json(`${LETTERS}/${letter.id}`)) as { job: { data: Record<string, unknown> } };
    const edit = (jobData: unknown) =>
      dashboard.ask("PATCH", `${LETTERS}/${letter.id}/update-data`, undefined, { jobData });
    for (const [wrong, reason] of [
      [{ ...job.data, v: 99 }, "Refused: v: "],
      [{ ...job.data, id: "another" }, "Refused: only the payload can be changed"],
      [{ payload: {} }, "Refused: v: "],
      [{ ...job.data, payload: { token: "[redacted]" } }, "Refused: it holds a secret that is not shown here"],
    ] as const) {
      const refused = await edit(wrong);
      expect(refused.status).toBe(400);
      expect(await refused.json()).toEqual({ error: expect.stringContaining(reason) });
    }
    expect((await read("one")).payload).toEqual({ text: "Ada Sample" });
    expect((await edit({ ...job.data, payload: { text: "Ada" } })).ok).toBe(true);
    expect(await read("one")).toMatchObject({ payload: { text: "Ada" }, payloadHash: contentHash({ text: "Ada" }) });
    expect(await actions()).toMatchObject([
      { actor: "grace", action: "dead_letter.edited", before: { text: "Ada Sample" }, after: { text: "Ada" } },
    ]);
  });

  test("2: one that is removed, or all that are cleaned, are discarded and still there", async () => {
    const [one] = [await die("one"), await die("two")];
    expect((await dashboard.ask("PUT", `${LETTERS}/${one.id}/clean`)).status).toBe(204);
    expect((await dashboard.ask("PUT", `${LETTERS}/clean/completed`)).status).toBe(400);
    expect((await dashboard.ask("PUT", `${LETTERS}/clean/failed`)).ok).toBe(true);
    expect(await read("one")).toMatchObject({ state: "discarded" });
    expect(await read("two")).toMatchObject({ state: "discarded" });
    expect((await dashboard.ask("PUT", `${LETTERS}/${one.id}/retry`)).ok).toBe(false);
    expect((await actions()).map(({ action }) => action)).toEqual(["dead_letters.discarded", "dead_letters.discarded"]);
  });

  test.each(["pause", "resume", "promote", "empty", "obliterate"])(
    "the dead letters are no queue: %s is refused",
    async (change) => {
      await die("one");
      expect((await dashboard.ask("PUT", `${LETTERS}/${change}`)).status).toBe(403);
      expect(await listed("failed")).toMatchObject({ counts: { failed: 1 } });
    },
  );

  test("all queues are paused and resumed as if they were not there", async () => {
    expect((await dashboard.ask("PUT", "/api/queues/pause")).ok).toBe(true);
    expect(await dashboard.queue.isPaused()).toBe(true);
    expect((await dashboard.ask("PUT", "/api/queues/resume")).ok).toBe(true);
  });
});
