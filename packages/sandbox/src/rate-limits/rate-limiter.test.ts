import { expect, test } from "vitest";
import { createRateLimiter } from "./rate-limiter.ts";

const limit = { name: "chat", intervalMs: 1000, burst: 3 };

test("the limiter accepts a burst and then one request per interval, separately for each scope", () => {
  let ms = 0;
  const limiter = createRateLimiter(() => new Date(ms), true);
  const use = (key: string) => limiter.use([{ limit, key }])?.waitMs;
  expect([use("a"), use("a"), use("a"), use("a")]).toEqual([undefined, undefined, undefined, 1000]);
  expect(use("b")).toBeUndefined();
  ms = 999;
  expect(use("a")).toBe(1);
  ms = 1000;
  expect([use("a"), use("a")]).toEqual([undefined, 1000]);
  ms = 100_000;
  expect([use("a"), use("a"), use("a"), use("a")]).toEqual([undefined, undefined, undefined, 1000]);
  expect(limiter.status()).toEqual({ enforced: true, refused: { chat: 4 } });
});

test("a request that one limit rejects does not count against the others", () => {
  const limiter = createRateLimiter(() => new Date(0), true);
  const bot = { name: "bot", intervalMs: 1000, burst: 2 };
  const tight = { ...limit, burst: 1 };
  const use = (key: string) =>
    limiter.use([
      { limit: bot, key: "1" },
      { limit: tight, key },
    ])?.exceeded.name;
  expect([use("a"), use("a"), use("a"), use("b"), use("c")]).toEqual([undefined, "chat", "chat", undefined, "bot"]);
});

test("limits that are not enforced reject no requests", () => {
  const limiter = createRateLimiter(() => new Date(0), true);
  limiter.setEnforced(false);
  const results = Array.from({ length: 10 }, () => limiter.use([{ limit, key: "a" }]));
  expect(results.filter((result) => result !== undefined)).toEqual([]);
});
