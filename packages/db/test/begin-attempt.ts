import type { SendStates } from "../src/messages/send-state.ts";

/** Begins an attempt to send a message, as a worker that reads the message's state first. Returns whether it began. */
export async function beginAttempt(outbox: SendStates, messageId: string, at: Date): Promise<boolean> {
  const seen = await outbox.find(messageId);
  if (!seen) throw new Error(`no message ${messageId}`);
  return outbox.begin(seen, at);
}
