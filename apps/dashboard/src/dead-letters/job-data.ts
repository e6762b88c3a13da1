import { isDeepStrictEqual } from "node:util";
import { EVENT_VERSION, type InboundEvent, REDACTED } from "@millrace/core";
import type { DeadLetter } from "@millrace/db";
import type { QueueDefinition } from "@millrace/queue";
import { redact } from "../redact.ts";
import { ChangeRejectedError } from "./change-rejected-error.ts";

/** The data that a replayed job will hold, as the board shows and edits it. */
export function jobDataOf(deadLetter: DeadLetter): InboundEvent {
  const { integration, eventId, kind, correlationId, receivedAt, payload } = deadLetter;
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
 * Returns the payload of edited job data.
 * @throws ChangeRejectedError when the data does not match the schema of its queue, changes a field that identifies the
 * event, or would overwrite a redacted secret
 */
export function payloadOf(deadLetter: DeadLetter, edited: unknown, definitions: readonly QueueDefinition[]): unknown {
  const definition = definitions.find(({ name }) => name === deadLetter.queue);
  if (!definition) throw new ChangeRejectedError(`The queue ${deadLetter.queue} no longer exists`);
  const parsed = definition.schema.safeParse(edited);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ChangeRejectedError(
      `${issue?.path.join(".") || "data"}: ${issue?.message ?? "does not match the schema of the queue"}`,
    );
  }
  const { payload, ...fields } = parsed.data;
  const { payload: currentPayload, ...currentFields } = jobDataOf(deadLetter);
  if (!isDeepStrictEqual(fields, currentFields))
    throw new ChangeRejectedError("Only the payload can be changed: the other fields identify the event");
  if (payload === undefined) throw new ChangeRejectedError("payload: is missing");
  rejectRedactedSecrets(currentPayload, payload);
  return payload;
}

/**
 * The dashboard shows a payload with its secrets redacted. Saving the shown text would replace the secrets by the
 * redaction mark, so such a payload cannot be edited here.
 * @throws ChangeRejectedError when the current payload contains a secret, or the new one contains the redaction mark
 */
export function rejectRedactedSecrets(currentPayload: unknown, payload: unknown): void {
  if (!isDeepStrictEqual(redact(currentPayload), currentPayload) || JSON.stringify(payload).includes(REDACTED))
    throw new ChangeRejectedError(
      "The payload contains a secret that the dashboard redacts: edit it with `millrace dead-letters edit`",
    );
}
