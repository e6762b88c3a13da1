import { expect, test } from "vitest";
import { createLoginRateLimiter, type LoginRateLimiter } from "./login-rate-limiter.ts";

function setUp() {
  let at = Date.parse("2026-03-01T12:00:00Z");
  const limiter = createLoginRateLimiter(() => new Date(at), 10, 60_000);
  return { limiter, advance: (ms: number) => void (at += ms) };
}

function countTimes(limiter: LoginRateLimiter, address: string, times: number) {
  for (let index = 0; index < times; index++) limiter.count(address);
}

test("the tenth wrong password blocks an address until a minute after its first", () => {
  const { limiter, advance } = setUp();
  countTimes(limiter, "192.0.2.1", 1);
  advance(20_000);
  countTimes(limiter, "192.0.2.1", 8);
  expect(limiter.waitSeconds("192.0.2.1")).toBe(0);
  countTimes(limiter, "192.0.2.1", 1);
  expect(limiter.waitSeconds("192.0.2.1")).toBe(40);
  advance(39_999);
  expect(limiter.waitSeconds("192.0.2.1")).toBe(1);
  advance(1);
  expect(limiter.waitSeconds("192.0.2.1")).toBe(0);
});

test("a new minute starts at zero", () => {
  const { limiter, advance } = setUp();
  countTimes(limiter, "192.0.2.1", 9);
  advance(60_000);
  countTimes(limiter, "192.0.2.1", 9);
  expect(limiter.waitSeconds("192.0.2.1")).toBe(0);
});

test("a blocked address does not block another one", () => {
  const { limiter } = setUp();
  countTimes(limiter, "192.0.2.1", 10);
  expect(limiter.waitSeconds("192.0.2.2")).toBe(0);
});

test("with ten thousand addresses in memory, a new one replaces the oldest", () => {
  const { limiter } = setUp();
  countTimes(limiter, "first", 10);
  countTimes(limiter, "second", 10);
  for (let index = 0; index < 9_998; index++) limiter.count(`other ${index}`);
  expect(limiter.waitSeconds("first")).toBe(60);
  limiter.count("one more");
  expect(limiter.waitSeconds("first")).toBe(0);
  expect(limiter.waitSeconds("second")).toBe(60);
});
