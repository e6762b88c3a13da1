import { type Environment, type Sample, standardWebhookHeaders } from "@millrace/core";
import { readCallbackConfig } from "./config.ts";

/** An unknown AI turn and conversation: without a field that names an existing one, a sample becomes a dead letter. */
const TURN_ID = "019ab000-0000-7000-8000-00000000000a";
const CONVERSATION_ID = "019ab000-0000-7000-8000-00000000000c";

/** Sample requests as n8n sends them. `fields` may have `turnId` and `text`, or `conversationId`, `actor` and `reason`. */
export function n8nSamples(
  environment: Environment,
  now: Date,
  fields: Readonly<Record<string, string>> = {},
): Record<string, Sample> {
  const secret = readCallbackConfig(environment)?.secrets[0] ?? "";
  const sample = (route: string, name: string, content: Record<string, unknown>): Sample => {
    const body = JSON.stringify(content);
    const headers = standardWebhookHeaders({ id: `${name}-${now.getTime()}`, at: now, body }, secret);
    return {
      path: `/api/integrations/n8n/${route}`,
      headers: { "content-type": "application/json", ...headers },
      body,
    };
  };
  const change = (name: string, mode: "human" | "ai", defaultReason: string) => {
    const { conversationId = CONVERSATION_ID, actor = "Ada Sample", reason = defaultReason } = fields;
    return sample("human-takeover", name, { conversationId, mode, actor, reason });
  };
  const { turnId = TURN_ID, text = "Yes, the blue one is still there." } = fields;
  return {
    takeover: change("takeover", "human", "The customer asked for a person"),
    "hand-back": change("hand-back", "ai", "The question is answered"),
    answer: sample("ai-response", "answer", { turnId, messages: [{ type: "text", text }] }),
  };
}
