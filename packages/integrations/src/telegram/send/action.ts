import { type OutboundContext, type OutgoingAction, parsePayload } from "@millrace/core";
import { z } from "zod";
import { NOT_MODIFIED, QUERY_TOO_OLD } from "../api/descriptions.ts";
import { callTelegram, type MethodCall } from "../api/call.ts";
import type { ApiConfig } from "../config.ts";
import type { TelegramContent } from "./content.ts";
import { senderOf } from "./sender.ts";

type ChatAction = Extract<TelegramContent, { type: "chat_action" }>["action"];

/** An action in a chat: it shows what the bot is doing, or answers a callback query. */
export type TelegramAction = { chatAction: ChatAction } | { answerCallbackQuery: string };

const actionSchema: z.ZodType<TelegramAction> = z.union([
  z.object({ chatAction: z.custom<ChatAction>((name) => typeof name === "string") }),
  z.object({ answerCallbackQuery: z.string() }),
]);

/** Error codes that mean that there is nothing to do. */
const NOTHING_TO_DO: readonly (string | undefined)[] = [QUERY_TOO_OLD, NOT_MODIFIED];

/**
 * Executes an action.
 * @throws ProviderError
 */
export async function actOnTelegram(outgoing: OutgoingAction, context: OutboundContext, config: ApiConfig) {
  const action = parsePayload(actionSchema, outgoing.action);
  const { bot, scopes, target } = senderOf(outgoing, config);
  const call: MethodCall =
    "chatAction" in action
      ? { method: "sendChatAction", params: { ...target(outgoing.threadId), action: action.chatAction } }
      : { method: "answerCallbackQuery", params: { callback_query_id: action.answerCallbackQuery } };
  const answer = await callTelegram(bot, call, scopes, context);
  if (!answer.ok && !NOTHING_TO_DO.includes(answer.error.code)) throw answer.error;
}
