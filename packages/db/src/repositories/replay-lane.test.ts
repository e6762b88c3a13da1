import { expect, test } from "vitest";
import { placesOf } from "./replay-lane.ts";

const AT = new Date("2026-03-01T12:00:00Z");
const before = (ms: number) => new Date(AT.getTime() - ms);

const places = (progress: { replaying?: number; resolved?: number; dead?: number }, rate: number, sinceMs?: number) =>
  placesOf(
    { waiting: 1_000, replaying: 0, resolved: 0, dead: 0, left: 0, ...progress },
    { rate, releasedAt: sinceMs === undefined ? null : before(sinceMs) },
    AT,
  );

test("one is put back first, then ten once it has ended, then the rest once those have", () => {
  expect(places({}, 100)).toBe(1);
  expect(places({ replaying: 1 }, 100, 60_000)).toBe(0);
  expect(places({ resolved: 1 }, 100, 60_000)).toBe(10);
  expect(places({ resolved: 1, replaying: 4 }, 100, 60_000)).toBe(6);
  expect(places({ resolved: 8, replaying: 3 }, 100, 60_000)).toBe(0);
  expect(places({ resolved: 10, dead: 1 }, 100, 60_000)).toBe(100);
});

test("the rest is put back at the rate, counted from the last that were, whoever put them back", () => {
  const ended = { resolved: 11 };
  expect(places(ended, 100, 250)).toBe(25);
  expect(places(ended, 2, 250)).toBe(0);
  expect(places(ended, 2, 500)).toBe(1);
  expect(places(ended, 100, 3_600_000)).toBe(100);
  // A clock that is behind the one of the last worker.
  expect(places(ended, 100, -5_000)).toBe(0);
});

test("no more replay at a time than are put back in a second, or ten", () => {
  expect(places({ resolved: 11, replaying: 90 }, 100, 1_000)).toBe(10);
  expect(places({ resolved: 11, replaying: 100 }, 100, 1_000)).toBe(0);
  expect(places({ resolved: 11, replaying: 9 }, 1, 1_000)).toBe(1);
});
