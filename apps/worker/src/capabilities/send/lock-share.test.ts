import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connectionsPerChannel, createLockShare } from "./lock-share.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("channels share the connections equally, and each has at least one", () => {
  expect(connectionsPerChannel(16, 2)).toBe(8);
  expect(connectionsPerChannel(16, 3)).toBe(5);
  expect(connectionsPerChannel(1, 2)).toBe(1);
});

test("a job waits for a connection for a while, and gets one in the order of arrival", async () => {
  const share = createLockShare(1);
  const release = await share.acquire();
  const [second, third] = [share.acquire(), share.acquire()];
  release?.();
  const releaseSecond = await second;
  expect(releaseSecond).toBeDefined();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await third).toBeUndefined();
  releaseSecond?.();
  expect(await share.acquire()).toBeDefined();
});
