import { expect, test } from "vitest";
import type { ConsumerTimings } from "./attempt-deps.ts";
import { runStoreCommand } from "./store-command.ts";

const timings = { outageMs: 1 } as ConsumerTimings;
const coded = (code: string | number) => Object.assign(new Error("refused"), { code });

/** Runs a command that fails with each of the errors in turn; returns how often it ran. */
async function run(errors: unknown[], stopping = new AbortController(), lockLost?: AbortSignal): Promise<number> {
  let times = 0;
  await runStoreCommand({ timings, stopping: stopping.signal }, lockLost, () => {
    times += 1;
    const error = errors.shift();
    return error === undefined ? Promise.resolve() : Promise.reject(error);
  });
  return times;
}

test("14: a job is moved once its store accepts it, which uses no attempt", async () => {
  expect(await run([coded("57014"), coded("ECONNRESET"), new Error("READONLY")])).toBe(4);
});

test("an error of BullMQ itself, such as a lost lock, is not retried", async () => {
  await expect(run([coded(-2)])).rejects.toMatchObject({ code: -2 });
});

test("a stop and a lost lock end the retries with the store's error", async () => {
  const stopping = new AbortController();
  stopping.abort();
  await expect(run([coded("57014")], stopping)).rejects.toMatchObject({ code: "57014" });
  await expect(run([coded("57014")], undefined, AbortSignal.abort())).rejects.toMatchObject({ code: "57014" });
});
