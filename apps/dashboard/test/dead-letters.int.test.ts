import { contentHash, type ExhaustedJob } from "@millrace/core";
import { createReplayScheduler, type DeadLetter } from "@millrace/db";
import { defaultQueueStore, openRows, useTestDatabase } from "@millrace/testing";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { type DashboardServer, openDashboard, QUEUE } from "./dashboard-server.ts";
import { addDeadLetter, FAILED_AT, readDeadLetter } from "./dead-letter-rows.ts";

const DEAD_LETTERS = "/api/queues/dead-letters";

describe("dead letters on the board:", () => {
  const store = defaultQueueStore();
  const database = useTestDatabase();
  const rows = openRows(database.url);
  let dashboard: DashboardServer;

  afterAll(() => rows.close());
  beforeEach(async () => {
    dashboard = await openDashboard(await store.url(database.url), database.url);
  });
  afterEach(async () => {
    await rows.rows(
      "truncate millrace.dead_letters, millrace.webhook_events, millrace.replays, millrace.audit_log cascade",
    );
    await dashboard.close();
  });

  const add = (jobId: string, changes: Partial<ExhaustedJob> = {}): Promise<DeadLetter> =>
    addDeadLetter(dashboard.database, jobId, changes);
  const read = (jobId: string) => readDeadLetter(dashboard.database, jobId);
  const json = async (path: string) =>
    (await dashboard.request("GET", path)).json() as Promise<Record<string, unknown>>;
  const listed = async (status: string) => {
    const body = await json(`/api/queues?activeQueue=dead-letters&status=${status}`);
    const [queue] = body["queues"] as { jobs: { id: string }[]; counts: Record<string, number> }[];
    return { ids: queue?.jobs.map(({ id }) => id), counts: queue?.counts };
  };
  /** Ids of the dead letters that a worker would requeue now. */
  const released = async () =>
    (await createReplayScheduler(dashboard.database).step(new Date("2026-03-01T12:00:00Z"))).released.map(
      ({ id }) => id,
    );
  const auditLog = () =>
    rows.rows<{ action: string }>("select actor, action, subject, before, after from millrace.audit_log order by id");

  test("dead letters are listed and counted by state", async () => {
    const [one, two] = [await add("one"), await add("two", { failedAt: new Date(FAILED_AT.getTime() + 1) })];
    await dashboard.request("PUT", `${DEAD_LETTERS}/${one.id}/clean`);
    expect(await listed("failed")).toMatchObject({ ids: [two.id], counts: { failed: 1, completed: 1 } });
    expect(await listed("completed")).toMatchObject({ ids: [one.id] });
    expect((await listed("latest")).ids).toEqual([two.id, one.id]);
  });

  test.each(["its own id", "its job's id"])(
    "a dead letter is found by %s, with its payload, its error and its earlier failures",
    async (by) => {
      await add("again");
      const deadLetter = await add("again", {
        failedAt: new Date(FAILED_AT.getTime() + 60_000),
        errorKind: "retryable",
        attempts: 8,
      });
      const id = by === "its own id" ? deadLetter.id : "again";
      expect(await json(`${DEAD_LETTERS}/${id}`)).toMatchObject({
        status: "failed",
        job: {
          id: deadLetter.id,
          name: `${QUEUE} · message`,
          attempts: 8,
          failedReason: "retryable: no tenant owns page 17",
          data: { v: 1, integration: "test", id: "again", payload: { text: "Ada Sample" } },
        },
      });
      expect(await json(`${DEAD_LETTERS}/${id}/logs`)).toEqual([
        "2026-03-01T11:00:00.000Z after 1 attempt, permanent: no tenant owns page 17",
        "2026-03-01T11:01:00.000Z after 8 attempts, retryable: no tenant owns page 17",
      ]);
    },
  );

  test.each(["the dead letters", "its queue"])(
    "9: a dead letter is replayed from %s, once, and the audit log records it",
    async (from) => {
      const deadLetter = await add("one");
      const path =
        from === "the dead letters" ? `${DEAD_LETTERS}/${deadLetter.id}/retry` : `/api/queues/${QUEUE}/one/retry`;
      expect((await dashboard.request("PUT", path)).status).toBe(204);
      expect((await dashboard.request("PUT", path)).ok).toBe(false);
      expect(await released()).toEqual([deadLetter.id]);
      expect((await dashboard.request("PUT", path)).ok).toBe(false);
      expect(await read("one")).toMatchObject({ state: "replaying" });
      expect((await auditLog())[0]).toMatchObject({
        actor: "grace",
        action: "dead_letters.replayed",
        subject: deadLetter.id,
        after: { letters: 1 },
      });
    },
  );

  test.each(["dead-letters", QUEUE])(
    "retrying all failed jobs of %s starts one replay, with the oldest first",
    async (queue) => {
      const first = await add("one");
      await add("two");
      const response = await dashboard.request("PUT", `/api/queues/${queue}/retry/failed`);
      expect(await response.json()).toEqual({ retried: 2, skipped: 0 });
      expect(await released()).toEqual([first.id]);
    },
  );

  test("9: edited data is validated and stored, and the audit log records both versions", async () => {
    const deadLetter = await add("one");
    const { job } = (await json(`${DEAD_LETTERS}/${deadLetter.id}`)) as { job: { data: Record<string, unknown> } };
    const edit = (jobData: unknown) =>
      dashboard.request("PATCH", `${DEAD_LETTERS}/${deadLetter.id}/update-data`, undefined, { jobData });
    for (const [wrong, reason] of [
      [{ ...job.data, v: 99 }, "v: "],
      [{ ...job.data, id: "another" }, "Only the payload can be changed"],
      [{ payload: {} }, "v: "],
      [{ ...job.data, payload: { token: "[redacted]" } }, "The payload contains a secret that the dashboard redacts"],
    ] as const) {
      const rejected = await edit(wrong);
      expect(rejected.status).toBe(400);
      expect(await rejected.json()).toEqual({ error: expect.stringContaining(reason) });
    }
    expect((await read("one")).payload).toEqual({ text: "Ada Sample" });
    expect((await edit({ ...job.data, payload: { text: "Ada" } })).ok).toBe(true);
    expect(await read("one")).toMatchObject({ payload: { text: "Ada" }, payloadHash: contentHash({ text: "Ada" }) });
    expect(await auditLog()).toMatchObject([
      { actor: "grace", action: "dead_letter.edited", before: { text: "Ada Sample" }, after: { text: "Ada" } },
    ]);
  });

  test("2: removing a dead letter, or cleaning all, discards them and deletes no row", async () => {
    const [one] = [await add("one"), await add("two")];
    expect((await dashboard.request("PUT", `${DEAD_LETTERS}/${one.id}/clean`)).status).toBe(204);
    expect((await dashboard.request("PUT", `${DEAD_LETTERS}/clean/completed`)).status).toBe(400);
    expect((await dashboard.request("PUT", `${DEAD_LETTERS}/clean/failed`)).ok).toBe(true);
    expect(await read("one")).toMatchObject({ state: "discarded" });
    expect(await read("two")).toMatchObject({ state: "discarded" });
    expect((await dashboard.request("PUT", `${DEAD_LETTERS}/${one.id}/retry`)).ok).toBe(false);
    expect((await auditLog()).map(({ action }) => action)).toEqual([
      "dead_letters.discarded",
      "dead_letters.discarded",
    ]);
  });

  test.each(["pause", "resume", "promote", "empty", "obliterate"])(
    "dead letters are not a queue: %s is rejected",
    async (change) => {
      await add("one");
      expect((await dashboard.request("PUT", `${DEAD_LETTERS}/${change}`)).status).toBe(403);
      expect(await listed("failed")).toMatchObject({ counts: { failed: 1 } });
    },
  );

  test("pausing and resuming all queues ignores the dead letters", async () => {
    expect((await dashboard.request("PUT", "/api/queues/pause")).ok).toBe(true);
    expect(await dashboard.queue.isPaused()).toBe(true);
    expect((await dashboard.request("PUT", "/api/queues/resume")).ok).toBe(true);
  });
});
