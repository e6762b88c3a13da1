import { expect, test } from "vitest";
import { duration } from "./duration.ts";

test.each([
  ["30m", 1_800_000],
  ["2h", 7_200_000],
  ["1d", 86_400_000],
  ["365d", 31_536_000_000],
])("%s is %i ms", (value, ms) => expect(duration(value)).toBe(ms));

test.each(["", "2", "h", "0m", "-1h", "1.5h", "2 h", "2H", "366d", "2h30m"])("%j is refused", (value) =>
  expect(() => duration(value)).toThrow("It must be a number of minutes, hours or days"),
);
