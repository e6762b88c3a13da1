/** What waits until somebody says so. */
export type Held = {
  hold(work: () => void): void;
  /** Does all that waits, and says how much it was. */ release(): number;
};

/** Nothing held yet. */
export function createHeld(): Held {
  let waiting: (() => void)[] = [];
  return {
    hold(work) {
      waiting.push(work);
    },
    release() {
      const released = waiting;
      waiting = [];
      for (const work of released) work();
      return released.length;
    },
  };
}
