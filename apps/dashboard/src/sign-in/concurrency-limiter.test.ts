import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { createConcurrencyLimiter } from "./concurrency-limiter.ts";

test("two tasks run, three wait in order, and the sixth is rejected", async () => {
  const limit = createConcurrencyLimiter(2, 3);
  const started: number[] = [];
  const tasks = Array.from({ length: 6 }, () => Promise.withResolvers<number>());
  const results = tasks.map(({ promise }, index) =>
    limit(() => {
      started.push(index);
      return promise;
    }),
  );
  expect(results[5]).toBeUndefined();
  await setImmediate();
  expect(started).toEqual([0, 1]);
  tasks[1]?.resolve(1);
  expect(await results[1]).toBe(1);
  tasks[0]?.reject(new Error("broken"));
  await expect(results[0]).rejects.toThrow("broken");
  tasks[2]?.resolve(2);
  expect(await results[2]).toBe(2);
  await setImmediate();
  expect(started).toEqual([0, 1, 2, 3, 4]);
  for (const { resolve } of tasks.slice(3)) resolve(3);
  await results[4];
  expect(await limit(() => Promise.resolve("free again"))).toBe("free again");
});
