/** Items that wait to be posted, in order. */
export type Outbox<T> = { add(item: T): void };

/** Items per post when more than {@link SINGLE_POST_MAX} wait. Otherwise each item has a post of its own. */
const BATCH_SIZE = 100;
const SINGLE_POST_MAX = 10;

/** Most items that wait. The outbox drops further items, as providers do after some days. */
const MAX_WAITING = 400_000;

/** Creates an {@link Outbox} that posts one batch at a time. It drops the items of a post that fails. */
export function createOutbox<T>(post: (items: readonly T[]) => Promise<void>): Outbox<T> {
  let waiting: T[] = [];
  let busy = false;
  const work = async () => {
    busy = true;
    while (waiting.length > 0) {
      const items = waiting;
      waiting = [];
      const size = items.length > SINGLE_POST_MAX ? BATCH_SIZE : 1;
      for (let from = 0; from < items.length; from += size) await post(items.slice(from, from + size)).catch(() => {});
    }
    busy = false;
  };
  return {
    add(item) {
      if (waiting.length < MAX_WAITING) waiting.push(item);
      // The post starts after the current event loop phase, so that the caller's response leaves first.
      if (!busy) {
        busy = true;
        setImmediate(() => void work());
      }
    },
  };
}
