import { expect, test } from "vitest";
import { createGuessThrottle } from "./login-rate-limiter.ts";

function setUp() {
  let at = Date.parse("2026-03-01T12:00:00Z");
  return { throttle: createGuessThrottle(() => new Date(at), 10, 60_000), pass: (ms: number) => void (at += ms) };
}

function guess(throttle: ReturnType<typeof createGuessThrottle>, address: string, times: number) {
  for (let index = 0; index < times; index++) throttle.count(address);
}

test("an address waits from its tenth wrong password until a minute after its first", () => {
  const { throttle, pass } = setUp();
  guess(throttle, "192.0.2.1", 1);
  pass(20_000);
  guess(throttle, "192.0.2.1", 8);
  expect(throttle.waitSeconds("192.0.2.1")).toBe(0);
  guess(throttle, "192.0.2.1", 1);
  expect(throttle.waitSeconds("192.0.2.1")).toBe(40);
  pass(39_999);
  expect(throttle.waitSeconds("192.0.2.1")).toBe(1);
  pass(1);
  expect(throttle.waitSeconds("192.0.2.1")).toBe(0);
});

test("a new minute starts from nothing", () => {
  const { throttle, pass } = setUp();
  guess(throttle, "192.0.2.1", 9);
  pass(60_000);
  guess(throttle, "192.0.2.1", 9);
  expect(throttle.waitSeconds("192.0.2.1")).toBe(0);
});

test("addresses do not wait for each other", () => {
  const { throttle } = setUp();
  guess(throttle, "192.0.2.1", 10);
  expect(throttle.waitSeconds("192.0.2.2")).toBe(0);
});

test("with ten thousand addresses in mind the oldest is forgotten for a new one", () => {
  const { throttle } = setUp();
  guess(throttle, "first", 10);
  guess(throttle, "second", 10);
  for (let index = 0; index < 9_998; index++) throttle.count(`other ${index}`);
  expect(throttle.waitSeconds("first")).toBe(60);
  throttle.count("one more");
  expect(throttle.waitSeconds("first")).toBe(0);
  expect(throttle.waitSeconds("second")).toBe(60);
});
