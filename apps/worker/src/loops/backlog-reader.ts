import type { Now } from "@millrace/core";
import { type FollowUpBacklog, type PendingFollowUps, RECONCILER_PAGE } from "@millrace/db";

/**
 * How far back the reader looks for events with follow-up jobs, in ms. Platforms keep a received file for a week or
 * longer (see the media sources of the integrations), and retention keeps events for at least 8 days.
 */
const BACKLOG_MS = 7 * 86_400_000;

/** The period of one statement, in ms. */
const STEP_MS = 3_600_000;

/** How late an event's row may appear, in ms: after a long transaction, or from a worker with a slow clock. */
const LATE_MS = 10 * 60_000;

/**
 * Creates a reader of the events with follow-up jobs that have not ended, latest first. The first call reads the backlog of
 * a week. Later calls read the new events, and of the others only those that had such jobs at the last call.
 */
export function createBacklogReader(
  backlog: FollowUpBacklog,
  now: Now,
): () => AsyncGenerator<readonly PendingFollowUps[]> {
  let pending = new Set<string>();
  let readUntil = Number.NEGATIVE_INFINITY;

  return async function* read() {
    const at = now().getTime();
    const found = new Set<string>();
    const from = Math.max(at - BACKLOG_MS, readUntil - LATE_MS);
    for (let until = at + LATE_MS; until > from; until -= STEP_MS) {
      const begin = new Date(Math.max(from, until - STEP_MS));
      let after: string | undefined;
      do {
        const page = await backlog.inPeriod(begin, new Date(until), after);
        for (const { id } of page.rows) found.add(id);
        // Yields empty pages too: the caller decides between two statements whether to go on.
        yield page.rows;
        after = page.next;
      } while (after !== undefined);
    }
    const older = [...pending].filter((id) => !found.has(id));
    for (let index = 0; index < older.length; index += RECONCILER_PAGE) {
      const page = await backlog.stillPending(older.slice(index, index + RECONCILER_PAGE));
      for (const { id } of page) found.add(id);
      yield page;
    }
    // Only a call that was read to its end counts.
    pending = found;
    readUntil = at;
  };
}
