/** Ids of Millrace's own rows in a job's payload. */
export type PayloadIds = { messageId?: string; turnId?: string; conversationId?: string };

/** Matches the id of a row. */
export const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Extracts the ids of messages, AI turns and conversations from a payload. */
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
