import { type OutgoingMessage, ProviderError } from "@millrace/core";

/** The conversation of every message of these tests. */
export const CONVERSATION = "019ab000-0000-7000-8000-00000000c0de";

/** A message to send to the chat 7001, for tests. */
export function outgoing(content: unknown, about: Partial<OutgoingMessage> = {}): OutgoingMessage {
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
    ...about,
  };
}

/** The error that work fails with; rejects when it does not, or with another than a ProviderError. */
export async function failureOf(work: Promise<unknown>): Promise<ProviderError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ProviderError)) throw new Error("no ProviderError", { cause: error });
  return error;
}
