/** A channel's share of the connections that hold takeover locks. */
export type LockShare = {
  /**
   * Takes a connection of the share, and returns the function that releases it. Returns undefined when none becomes free
   * within the time that a job may occupy its worker.
   */
  acquire(): Promise<(() => void) | undefined>;
};

/** Longest that a job occupies its worker while it waits for a connection, in ms. */
const LONGEST_WAIT_MS = 2_000;

/** Divides the connections of a worker among its channels, so that the hanging calls of one leave the others theirs. */
export function connectionsPerChannel(connections: number, channels: number): number {
  return Math.max(1, Math.floor(connections / channels));
}

/** Creates a share of `connections`. Jobs get them first in, first out. */
export function createLockShare(connections: number): LockShare {
  const waiting = new Set<() => void>();
  let free = connections;

  function release(): void {
    const [next] = waiting;
    if (next) next();
    else free += 1;
  }

  return {
    async acquire() {
      if (free > 0) {
        free -= 1;
        return release;
      }
      return new Promise((resolve) => {
        const end = (acquired: boolean) => {
          clearTimeout(timer);
          waiting.delete(next);
          resolve(acquired ? release : undefined);
        };
        const next = () => end(true);
        const timer = setTimeout(() => end(false), LONGEST_WAIT_MS);
        waiting.add(next);
      });
    },
  };
}
