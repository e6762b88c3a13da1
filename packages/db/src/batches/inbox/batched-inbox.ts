import type { NewId } from "@millrace/core";
import type { Database } from "../../connection/database.ts";
import type { InboxSettings } from "../../inbox/event-context.ts";
import { type AppliedEvent, createInbox, type Inbox } from "../../inbox/inbox.ts";
import { applyBatch } from "./apply-batch.ts";
import { createBatcher } from "../batcher.ts";
import { type PlainEvent, plainEvent } from "./plain-event.ts";

/**
 * An {@link Inbox} that applies plain events in batches. A lone event is a batch, too: its constant statements need half
 * the CPU time of those that a query builder makes. An event of a new person costs a transaction more, because the batch
 * finds no contact. An event that is not plain, and each event of a batch that fails, is
 * applied by itself: one bad event fails alone.
 * @param onBatchFailed is called with the error of a batch of several events that fails
 */
export function createBatchedInbox(
  database: Database,
  newId: NewId,
  settings: InboxSettings,
  onBatchFailed: (error: unknown) => void,
): Inbox {
  const inbox = createInbox(database, newId, settings);
  const context = { ...settings, newId };

  async function applyAll(events: readonly PlainEvent[]): Promise<(AppliedEvent | undefined)[]> {
    try {
      const applied = await database.sql.begin((tx) => applyBatch(tx, context, events));
      return events.map((_, place) => applied.get(place));
    } catch (error) {
      if (events.length > 1) onBatchFailed(error);
      // Applying the events one by one finds the error again, if it is one of theirs.
      return events.map(() => undefined);
    }
  }
  const batcher = createBatcher(applyAll);

  return {
    ...inbox,
    async applyOnce(event, handled) {
      const plain = plainEvent({ event, handled });
      const applied = plain && (await batcher.add(plain));
      return applied ?? inbox.applyOnce(event, handled);
    },
  };
}
