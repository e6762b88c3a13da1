import type { Question } from "./question.ts";

/** What the AI posts back, and to which of Millrace's routes. */
export type Reply = { path: string; body: unknown };

const WANTS_A_PERSON = /\b(?:person|human)\b/i;

/** The AI: it quotes what it was asked, and hands over to a person when asked for one. Always the same to the same. */
export function replyTo({ turnId, conversation, messages }: Question, several: boolean): Reply {
  const asked = messages.filter(({ direction }) => direction === "inbound");
  const words = asked.map(({ text, type }) => text || `(${type})`).join(" / ");
  if (WANTS_A_PERSON.test(words)) {
    const body = {
      conversationId: conversation.id,
      mode: "human",
      actor: "sandbox AI",
      reason: "was asked for a person",
    };
    return { path: "/api/integrations/n8n/human-takeover", body };
  }
  const text = words === "" ? "How can I help?" : `You wrote: ${words}`;
  const texts = several ? [text, "Is there anything else?", "I am here all day."] : [text];
  return {
    path: "/api/integrations/n8n/ai-response",
    body: { turnId, messages: texts.map((text) => ({ type: "text", text })) },
  };
}
