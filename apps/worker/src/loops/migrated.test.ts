import { expect, onTestFinished, test } from "vitest";
import { recordingLogger, until } from "@millrace/testing";
import { runWhileMigrated } from "./migrated.ts";

/** Work over a database that has `pending` migrations, or does not answer while that is undefined. */
function startWork(pending: number | undefined) {
  const state = { pending, counts: 0, started: 0, stopped: 0 };
  const log = recordingLogger();
  const work = runWhileMigrated({
    countPending() {
      state.counts += 1;
      return state.pending === undefined ? Promise.reject(new Error("away")) : Promise.resolve(state.pending);
    },
    start() {
      state.started += 1;
      return {
        async stop() {
          state.stopped += 1;
        },
      };
    },
    log: log.log,
    everyMs: 1,
  });
  onTestFinished(() => work.stop());
  const logged = (message: string) => log.lines().filter((line) => line["msg"] === message);
  /** Waits until the migrations were counted twice more, so that what the first count leads to has happened. */
  const counted = async () => {
    const before = state.counts;
    await until("the migrations are counted again", () => state.counts >= before + 2);
  };
  return { state, work, logged, counted };
}

test("14: the work waits while migrations are missing, which is logged once, and goes on by itself", async () => {
  const { state, work, logged, counted } = startWork(2);
  await counted();
  expect(state.started).toBe(0);
  expect(work.waitsFor()).toBe("2 migrations are not applied: run millrace migrate");
  await counted();
  expect(logged("worker.waits_for_migrations")).toMatchObject([{ pending: 2, alert: true }]);
  state.pending = 0;
  await counted();
  expect([state.started, work.waitsFor()]).toEqual([1, undefined]);
});

test("14: the work stops while a database is rolled back, and starts again once it is migrated", async () => {
  const { state, work, logged, counted } = startWork(0);
  await counted();
  state.pending = 1;
  await counted();
  expect([state.started, state.stopped]).toEqual([1, 1]);
  expect(work.waitsFor()).toContain("1 migrations");
  expect(logged("worker.waits_for_migrations")).toHaveLength(1);
  state.pending = 0;
  await counted();
  expect([state.started, state.stopped, work.waitsFor()]).toEqual([2, 1, undefined]);
});

test("the work waits until Postgres reports its migrations, and goes on while Postgres is away later", async () => {
  const { state, work, logged, counted } = startWork(undefined);
  await counted();
  expect([state.started, work.waitsFor()]).toEqual([0, "Postgres has not reported its migrations yet"]);
  state.pending = 0;
  await counted();
  state.pending = undefined;
  await counted();
  expect([state.started, state.stopped, work.waitsFor()]).toEqual([1, 0, undefined]);
  expect(logged("worker.migrations_unknown")).toHaveLength(2);
});

test("a stop stops the work", async () => {
  const { state, work, counted } = startWork(0);
  await counted();
  await work.stop();
  expect([state.started, state.stopped]).toEqual([1, 1]);
});
