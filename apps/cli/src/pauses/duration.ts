import { InvalidArgumentError } from "commander";

/** The units of a duration, in ms. */
const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Longest duration, in ms. */
const LONGEST_MS = 365 * 86_400_000;

/** Parses the value of an option that is a duration, such as `30m`, `2h` or `1d`, and returns it in ms. */
export function duration(value: string): number {
  const [, number = "", unit = ""] = /^(\d{1,9})([mhd])$/.exec(value) ?? [];
  const ms = Number(number) * (UNITS_MS[unit] ?? 0);
  if (ms < 1 || ms > LONGEST_MS)
    throw new InvalidArgumentError("It must be a number of minutes, hours or days up to 365 d, such as 30m, 2h or 1d.");
  return ms;
}
