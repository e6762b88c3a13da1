/** Most items in one batch. */
const MAX_BATCH = 64;

/** Batches at a time. */
const MAX_IN_FLIGHT = 2;

/** Combines items that arrive together into batches. */
export type Batcher<Item, Result> = {
  /** Resolves with the result of the item, once the batch with it has ended. */
  add(item: Item): Promise<Result>;
};

type Waiting<Item, Result> = { item: Item; resolve(result: Result): void; reject(reason: unknown): void };

/**
 * Creates a batcher. A batch starts at the end of the turn of the event loop in which an item arrived, so that a lone item
 * waits for no other while no batch runs. Beside a running batch only a full one starts: two halves cost more than one whole.
 * @param apply returns one result per item of a batch, in their order
 */
export function createBatcher<Item, Result>(
  apply: (items: readonly Item[]) => Promise<readonly Result[]>,
): Batcher<Item, Result> {
  const waiting: Waiting<Item, Result>[] = [];
  let inFlight = 0;
  let isScheduled = false;

  function mayStart(): boolean {
    return inFlight === 0 ? waiting.length > 0 : inFlight < MAX_IN_FLIGHT && waiting.length >= MAX_BATCH;
  }

  function schedule(): void {
    if (isScheduled || !mayStart()) return;
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
      for (const [index, result] of results.entries()) batch[index]?.resolve(result);
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
