import { expect, test } from "vitest";
import { releasableCount } from "./replay-pace.ts";

const releasable = (progress: { replaying?: number; resolved?: number; dead?: number }, due: number, rate = 100) =>
  releasableCount({ waiting: 1_000, replaying: 0, resolved: 0, dead: 0, left: 0, ...progress }, { rate, count: due });

test("a replay releases one dead letter, then ten once the first has ended, then the rest", () => {
  expect(releasable({}, 100)).toBe(1);
  expect(releasable({ replaying: 1 }, 100)).toBe(0);
  expect(releasable({ resolved: 1 }, 100)).toBe(10);
  expect(releasable({ resolved: 1, replaying: 4 }, 100)).toBe(6);
  expect(releasable({ resolved: 8, replaying: 3 }, 100)).toBe(0);
  expect(releasable({ resolved: 10, dead: 1 }, 100)).toBe(100);
});

test("a replay never releases more than its rate permits, the first eleven included", () => {
  expect(releasable({ resolved: 1 }, 2)).toBe(2);
  expect(releasable({ resolved: 11 }, 25)).toBe(25);
  expect(releasable({ resolved: 11 }, 0)).toBe(0);
});

test("at most one second's worth of dead letters, or ten, is in progress", () => {
  expect(releasable({ resolved: 11, replaying: 90 }, 100)).toBe(10);
  expect(releasable({ resolved: 11, replaying: 100 }, 100)).toBe(0);
  expect(releasable({ resolved: 11, replaying: 9 }, 1, 1)).toBe(1);
});
