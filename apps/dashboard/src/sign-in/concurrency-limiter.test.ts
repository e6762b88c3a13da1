import { expect, test } from "vitest";
import { createNarrowGate } from "./concurrency-limiter.ts";

test("so many are under way, so many wait for them in order, and the rest is turned away", async () => {
  const gate = createNarrowGate(2, 3);
  const begun: number[] = [];
  const works = Array.from({ length: 6 }, () => Promise.withResolvers<number>());
  const passed = works.map(({ promise }, index) =>
    gate(() => {
      begun.push(index);
      return promise;
    }),
  );
  expect(passed[5]).toBeUndefined();
  expect(begun).toEqual([0, 1]);
  works[1]?.resolve(1);
  expect(await passed[1]).toBe(1);
  works[0]?.reject(new Error("broken"));
  await expect(passed[0]).rejects.toThrow("broken");
  works[2]?.resolve(2);
  expect(await passed[2]).toBe(2);
  expect(begun).toEqual([0, 1, 2, 3, 4]);
  for (const { resolve } of works.slice(3)) resolve(3);
  await passed[4];
  expect(await gate(() => Promise.resolve("free again"))).toBe("free again");
});
