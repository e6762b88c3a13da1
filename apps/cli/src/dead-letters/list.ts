import { DEAD_LETTER_STATES, type DeadLetterState, type Environment } from "@millrace/core";
import { createDeadLetterList } from "@millrace/db";
import { printJson } from "../print.ts";
import { withDatabase } from "../database.ts";
import { type Json, readSelection, type SelectionOptions } from "./selection.ts";

/** `millrace dead-letters list`: the latest failure first, without payloads. */
export async function list(
  environment: Environment,
  options: SelectionOptions & Json & { ids: readonly string[]; state?: DeadLetterState; limit: number },
): Promise<void> {
  const { ids, all, state, limit, json } = options;
  const selection = readSelection(ids, options);
  const states = state === undefined ? (all ? DEAD_LETTER_STATES : (["dead"] as const)) : [state];
  const { deadLetters, counts, isExact } = await withDatabase(environment, (database) =>
    createDeadLetterList(database).select(selection, states, { offset: 0, limit }),
  );
  if (json) {
    const rows = deadLetters.map(({ payload: _payload, payloadHash: _hash, ...row }) => row);
    printJson({ deadLetters: rows, counts, isExact });
    return;
  }
  const table = Object.fromEntries(
    deadLetters.map(({ id, queue, eventId, state, errorKind, error, attempts, failedAt }) => [
      id,
      { queue, event: eventId, state, kind: errorKind, error, attempts, failed: failedAt.toISOString() },
    ]),
  );
  if (deadLetters.length > 0) console.table(table);
  // Without exact counts, the list has one state.
  const totals = Object.entries(counts).map(([state, count]) => `${isExact ? "" : "more than "}${count} ${state}`);
  process.stdout.write(`${totals.join(", ")}\n`);
}
