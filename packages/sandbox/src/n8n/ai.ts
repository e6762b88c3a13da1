import type { Question } from "./question.ts";

/** The AI's answer and the path of Millrace that accepts it. */
export type Reply = { path: string; body: unknown };

const ASKS_FOR_A_PERSON = /\b(?:person|human)\b/i;

/**
 * Returns the answer to a question, always the same for the same question. The AI quotes the customer, and requests a
 * takeover if the customer asks for a person. With `several` it answers with three messages.
 */
export function replyTo({ turnId, conversation, messages }: Question, several: boolean): Reply {
  const inbound = messages.filter(({ direction }) => direction === "inbound");
  const quoted = inbound.map(({ text, type }) => text || `(${type})`).join(" / ");
  if (ASKS_FOR_A_PERSON.test(quoted)) {
    const body = {
      conversationId: conversation.id,
      mode: "human",
      actor: "sandbox AI",
      reason: "the customer asked for a person",
    };
    return { path: "/api/integrations/n8n/human-takeover", body };
  }
  const text = quoted === "" ? "How can I help?" : `You wrote: ${quoted}`;
  const texts = several ? [text, "Is there anything else?", "I am here all day."] : [text];
  return {
    path: "/api/integrations/n8n/ai-response",
    body: { turnId, messages: texts.map((text) => ({ type: "text", text })) },
  };
}
