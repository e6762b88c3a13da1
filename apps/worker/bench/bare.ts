import { type EventHandler, type InboundEvent, uuidv7 } from "@millrace/core";
import { createInbox, type Database } from "@millrace/db";

/** Applies events directly, `concurrency` at a time and without a queue. Returns events per second. */
export async function runBare(
  database: Database,
  handler: EventHandler,
  events: readonly InboundEvent[],
  concurrency: number,
): Promise<number> {
  const inbox = createInbox(database, uuidv7);
  let next = 0;
  const startedAt = performance.now();
  const work = async () => {
    for (let event = events[next++]; event; event = events[next++])
      await inbox.applyOnce(event, handler.handle(event, undefined));
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return events.length / ((performance.now() - startedAt) / 1000);
}
