import type { DeadLetterOptions, DeadLetterStores } from "./options.ts";

/** `millrace dead-letters list`: latest death first, without the data. */
export async function list({ letters }: DeadLetterStores, options: DeadLetterOptions): Promise<void> {
  const { selection, states, limit, json } = options;
  const found = await letters.list(selection, states, { offset: 0, limit });
  const counts = await letters.counts(selection);
  if (json) {
    const lines = found.map(({ payload: _data, payloadHash: _hash, ...line }) => line);
    process.stdout.write(`${JSON.stringify({ deadLetters: lines, counts })}\n`);
    return;
  }
  console.table(
    Object.fromEntries(
      found.map(({ id, queue, eventId, state, errorKind, error, attempts, failedAt }) => [
        id,
        { queue, event: eventId, state, kind: errorKind, error, attempts, died: failedAt.toISOString() },
      ]),
    ),
  );
  process.stdout.write(
    `${Object.entries(counts)
      .map(([state, letters]) => `${letters} ${state}`)
      .join(", ")}\n`,
  );
}
