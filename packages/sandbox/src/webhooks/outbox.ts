/** What waits for the one before it to be posted. */
export type Outbox<T> = { add(item: T): void };

/** How many items go together once more than a few wait; else each goes alone. */
const BATCH = 100;
const A_FEW = 10;

/** How many wait at most; what comes then is lost, as at the providers after some days. */
const MEMORY = 400_000;

/** An {@link Outbox}: one post at a time, in order, many items together where many have gathered. A post that fails is lost. */
export function createOutbox<T>(post: (items: readonly T[]) => Promise<void>): Outbox<T> {
  let waiting: T[] = [];
  let busy = false;
  const work = async () => {
    busy = true;
    while (waiting.length > 0) {
      const gathered = waiting;
      waiting = [];
      const size = gathered.length > A_FEW ? BATCH : 1;
      for (let from = 0; from < gathered.length; from += size)
        await post(gathered.slice(from, from + size)).catch(() => {});
    }
    busy = false;
  };
  return {
    add(item) {
      if (waiting.length < MEMORY) waiting.push(item);
      // Not within the caller's own turn, so that its answer is on its way first.
      if (!busy) {
        busy = true;
        setImmediate(() => void work());
      }
    },
  };
}
