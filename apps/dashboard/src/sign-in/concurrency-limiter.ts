/**
 * Lets `atOnce` works be under way and `mostWaiting` more wait for them, in the order in which they came. Undefined
 * for one that finds as many waiting.
 */
export type NarrowGate = <T>(work: () => Promise<T>) => Promise<T> | undefined;

/** A {@link NarrowGate}. */
export function createNarrowGate(atOnce: number, mostWaiting: number): NarrowGate {
  const waiting: (() => void)[] = [];
  let underWay = 0;

  async function pass<T>(work: () => Promise<T>): Promise<T> {
    // Who waited takes the place of who let it in.
    if (underWay < atOnce) underWay += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else underWay -= 1;
    }
  }

  return (work) => (underWay >= atOnce && waiting.length >= mostWaiting ? undefined : pass(work));
}
