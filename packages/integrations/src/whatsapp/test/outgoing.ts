import type { OutgoingMessage } from "@millrace/core";
import { NOW } from "./fake-graph.ts";

/** An outbound message to a person who has just written. */
export const outgoing: OutgoingMessage = {
  id: "019ab000-0000-7000-8000-00000000000a",
  tenantId: "019ab000-0000-7000-8000-00000000000b",
  conversationId: "c-1",
  channel: "whatsapp",
  accountId: "111",
  threadId: "019ab000-0000-7000-8000-00000000000c",
  kind: "direct",
  content: { type: "text", text: "Hello" },
  replyTo: undefined,
  recipients: [
    { externalId: "DE.1", stable: true },
    { externalId: "4915100000001", stable: false },
  ],
  lastUserMessageAt: NOW,
  rateLimitHits: 0,
};
