/** Most items in one batch. */
const MAX_BATCH = 64;

/** Batches at a time. While these run, items gather for the next one. */
const MAX_IN_FLIGHT = 2;

/** Gathers items that arrive together. */
export type Gatherer<Item, Result> = {
  /** Resolves with the result of the item, once the batch with it has ended. */
  add(item: Item): Promise<Result>;
};

type Waiting<Item, Result> = { item: Item; resolve(result: Result): void; reject(reason: unknown): void };

/**
 * Creates a gatherer. A batch starts at the end of the turn of the event loop in which an item arrived, so that a lone item
 * waits for no other.
 * @param apply returns the results of a batch in the order of its items
 */
export function createGatherer<Item, Result>(
  apply: (items: readonly Item[]) => Promise<readonly Result[]>,
): Gatherer<Item, Result> {
  const waiting: Waiting<Item, Result>[] = [];
  let inFlight = 0;
  let isScheduled = false;

  function schedule(): void {
    if (isScheduled || waiting.length === 0 || inFlight === MAX_IN_FLIGHT) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      void applyNext();
      schedule();
    });
  }

  async function applyNext(): Promise<void> {
    const batch = waiting.splice(0, MAX_BATCH);
    inFlight += 1;
    try {
      const results = await apply(batch.map(({ item }) => item));
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Result);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      inFlight -= 1;
      schedule();
    }
  }

  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        schedule();
      }),
  };
}
