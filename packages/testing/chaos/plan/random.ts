/** Random decisions that a seed determines. */
export type Random = {
  /** Returns a number in [0, 1). */
  number(): number;
  /** Returns a whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number;
  pick<T>(from: readonly T[]): T;
  /** Picks by weight. */
  weighted<T extends { weight: number }>(from: readonly T[]): T;
};

/** Creates a {@link Random} with the generator mulberry32. The same seed always makes the same decisions. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const number = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (min: number, max: number) => min + Math.floor(number() * (max - min + 1));
  return {
    number,
    whole,
    pick: (from) => existing(from[whole(0, from.length - 1)]),
    weighted(from) {
      let left = number() * from.reduce((sum, { weight }) => sum + weight, 0);
      return existing(from.find(({ weight }) => (left -= weight) < 0) ?? from.at(-1));
    },
  };
}

function existing<T>(picked: T | undefined): T {
  if (picked === undefined) throw new Error("there is nothing to pick from");
  return picked;
}
