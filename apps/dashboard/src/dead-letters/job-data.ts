import { isDeepStrictEqual } from "node:util";
import { EVENT_VERSION, type InboundEvent } from "@millrace/core";
import type { DeadLetter } from "@millrace/db";
import type { QueueDefinition } from "@millrace/queue";
import { REDACTED, redact } from "../redact.ts";
import { Refusal } from "./refusal.ts";

/** What a replayed job will hold, as it is shown and edited. */
export function jobDataOf(letter: DeadLetter): InboundEvent {
  const { integration, eventId, kind, correlationId, receivedAt, payload } = letter;
  return {
    v: EVENT_VERSION,
    integration,
    id: eventId,
    kind,
    correlationId,
    receivedAt: receivedAt.toISOString(),
    payload,
  };
}

/**
 * The payload of edited job data, checked by the schema of its queue.
 * @throws Refusal when it is no job of that queue, changes what the event is known by, or would lose a secret that was
 * not shown
 */
export function payloadOf(letter: DeadLetter, edited: unknown, definitions: readonly QueueDefinition[]): unknown {
  const definition = definitions.find(({ name }) => name === letter.queue);
  if (!definition) throw new Refusal(`there is no queue ${letter.queue} any more`);
  const parsed = definition.schema.safeParse(edited);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Refusal(`${issue?.path.join(".") || "data"}: ${issue?.message ?? "not a job of this queue"}`);
  }
  const { payload, ...known } = parsed.data;
  const { payload: before, ...own } = jobDataOf(letter);
  if (!isDeepStrictEqual(known, own))
    throw new Refusal("only the payload can be changed: the rest is what it is known by");
  if (payload === undefined) throw new Refusal("payload: is missing");
  refuseHiddenSecrets(before, payload);
  return payload;
}

/**
 * Its data is shown with its secrets redacted: saved as it is shown, they would be gone.
 * @throws Refusal when it holds one, or what stands for one
 */
export function refuseHiddenSecrets(before: unknown, payload: unknown): void {
  if (!isDeepStrictEqual(redact(before), before) || JSON.stringify(payload).includes(REDACTED))
    throw new Refusal("it holds a secret that is not shown here: change it by `millrace dead-letters edit`");
}
