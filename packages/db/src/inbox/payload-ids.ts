/** Ids of our own rows in a job's payload. */
export type PayloadIds = { messageId?: string; turnId?: string; conversationId?: string };

/** An id of a row of ours. */
export const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** What of ours a payload names. */
export function payloadIds(payload: unknown): PayloadIds {
  const fields = typeof payload === "object" && payload !== null ? (payload as Record<string, unknown>) : {};
  const names = ["messageId", "turnId", "conversationId"] as const;
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = fields[name];
      return typeof value === "string" && UUID.test(value) ? [[name, value]] : [];
    }),
  );
}
