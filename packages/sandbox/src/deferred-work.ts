/** Work that waits until a test releases it. */
export type DeferredWork = {
  defer(work: () => void): void;
  /** Runs the deferred work and returns how many items ran. */
  release(): number;
};

/** Creates an empty {@link DeferredWork}. */
export function createDeferredWork(): DeferredWork {
  let waiting: (() => void)[] = [];
  return {
    defer(work) {
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
