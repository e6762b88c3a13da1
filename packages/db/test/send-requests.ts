import { type SendRequestedFact, uuidv7 } from "@millrace/core";
import type { SendRequest } from "../src/batches/sends/request-targets.ts";
import { AT, newEvent } from "./facts.ts";

/** A request to send one text to a conversation. */
export function textTo(conversationId: string, body: string, changes: Partial<SendRequestedFact> = {}): SendRequest {
  const to = { conversationId, channel: "telegram", accountId: undefined };
  const message = { id: uuidv7(), type: "text", body, content: { type: "text", text: body } };
  const fact: SendRequestedFact = { fact: "send_requested", to, at: AT, request: { messages: [message] }, ...changes };
  return { event: newEvent(), fact, mayQueue: true };
}
