import { expect, test } from "vitest";
import { createLimits } from "./rate-limiter.ts";

const limit = { name: "chat", intervalMs: 1000, burst: 3 };

test("a burst passes, then one in each interval, and each scope for itself", () => {
  let ms = 0;
  const limits = createLimits(() => new Date(ms), true);
  const use = (key: string) => limits.use([{ limit, key }])?.waitMs;
  expect([use("a"), use("a"), use("a"), use("a")]).toEqual([undefined, undefined, undefined, 1000]);
  expect(use("b")).toBeUndefined();
  ms = 999;
  expect(use("a")).toBe(1);
  ms = 1000;
  expect([use("a"), use("a")]).toEqual([undefined, 1000]);
  ms = 100_000;
  expect([use("a"), use("a"), use("a"), use("a")]).toEqual([undefined, undefined, undefined, 1000]);
  expect(limits.tell()).toEqual({ enforced: true, refused: { chat: 4 } });
});

test("what one limit refuses does not count for the others", () => {
  const limits = createLimits(() => new Date(0), true);
  const bot = { name: "bot", intervalMs: 1000, burst: 2 };
  const tight = { ...limit, burst: 1 };
  const use = (key: string) =>
    limits.use([
      { limit: bot, key: "1" },
      { limit: tight, key },
    ])?.exceeded.name;
  expect([use("a"), use("a"), use("a"), use("b"), use("c")]).toEqual([undefined, "chat", "chat", undefined, "bot"]);
});

test("limits that are not kept refuse nothing", () => {
  const limits = createLimits(() => new Date(0), true);
  limits.enforce(false);
  const answers = Array.from({ length: 10 }, () => limits.use([{ limit, key: "a" }]));
  expect(answers.filter((answer) => answer !== undefined)).toEqual([]);
});
