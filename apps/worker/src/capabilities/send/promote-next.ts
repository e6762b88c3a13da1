import type { SendState } from "@millrace/db";
import type { OutboundDeps } from "./deps.ts";

/** Promotes the job of the conversation's next message, which otherwise waits until it checks its order again. */
export async function promoteNext(
  { outbox, followUps }: Pick<OutboundDeps, "outbox" | "followUps">,
  correlationId: string,
  { message, position }: Pick<SendState, "message" | "position">,
): Promise<void> {
  const next = await outbox.nextUnsent(message.conversationId, position);
  if (next === undefined) return;
  const { channel, accountId, conversationId } = message;
  const job = { integration: channel, role: "outbound", id: `send.${next}`, kind: "send" } as const;
  const payload = { messageId: next, accountId, conversationId };
  await followUps.enqueue({ correlationId }, [{ ...job, payload, promote: true }]);
}
