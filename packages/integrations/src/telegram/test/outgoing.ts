import { type OutgoingMessage, ProviderError } from "@millrace/core";

/** The conversation of all messages in these tests. */
export const CONVERSATION = "019ab000-0000-7000-8000-00000000c0de";

/** A message to send to the chat 7001. */
export function outgoing(content: unknown, changes: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return {
    id: "019ab000-0000-7000-8000-000000000001",
    tenantId: "019ab000-0000-7000-8000-00000000aaaa",
    conversationId: CONVERSATION,
    channel: "telegram",
    accountId: "shop",
    threadId: "7001",
    kind: "direct",
    content,
    replyTo: undefined,
    recipients: [{ externalId: "7001", stable: true }],
    lastUserMessageAt: undefined,
    rateLimitHits: 0,
    ...changes,
  };
}

/** The ProviderError of a failing promise. Rejects if the promise succeeds or fails with another error. */
export async function failureOf(promise: Promise<unknown>): Promise<ProviderError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ProviderError)) throw new Error("no ProviderError", { cause: error });
  return error;
}
