import { expect, test } from "vitest";
import { releasableCount } from "./replay-scheduler.ts";

const places = (progress: { replaying?: number; resolved?: number; dead?: number }, due: number, rate = 100) =>
  releasableCount({ waiting: 1_000, replaying: 0, resolved: 0, dead: 0, left: 0, ...progress }, { rate, places: due });

test("one is put back first, then ten once it has ended, then the rest once those have", () => {
  expect(places({}, 100)).toBe(1);
  expect(places({ replaying: 1 }, 100)).toBe(0);
  expect(places({ resolved: 1 }, 100)).toBe(10);
  expect(places({ resolved: 1, replaying: 4 }, 100)).toBe(6);
  expect(places({ resolved: 8, replaying: 3 }, 100)).toBe(0);
  expect(places({ resolved: 10, dead: 1 }, 100)).toBe(100);
});

test("never more than the pace allows, the first eleven included", () => {
  expect(places({ resolved: 1 }, 2)).toBe(2);
  expect(places({ resolved: 11 }, 25)).toBe(25);
  expect(places({ resolved: 11 }, 0)).toBe(0);
});

test("no more replay at a time than are put back in a second, or ten", () => {
  expect(places({ resolved: 11, replaying: 90 }, 100)).toBe(10);
  expect(places({ resolved: 11, replaying: 100 }, 100)).toBe(0);
  expect(places({ resolved: 11, replaying: 9 }, 1, 1)).toBe(1);
});
