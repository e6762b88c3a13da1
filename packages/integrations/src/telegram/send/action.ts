import type { OutboundContext, OutgoingAction } from "@millrace/core";
import { z } from "zod";
import { parsePayload } from "../../shared/parse-payload.ts";
import { NOT_MODIFIED, QUERY_TOO_OLD } from "../api/descriptions.ts";
import { callTelegram, type MethodCall } from "../api/call.ts";
import type { ApiConfig } from "../config.ts";
import type { TelegramContent } from "./content.ts";
import { senderOf } from "./sender.ts";

type ChatAction = Extract<TelegramContent, { type: "chat_action" }>["action"];

/** Done in a chat: showing what the bot is doing, or ending the wait of who pressed a button. */
export type TelegramAction = { chatAction: ChatAction } | { answerCallbackQuery: string };

const actionSchema: z.ZodType<TelegramAction> = z.union([
  z.object({ chatAction: z.custom<ChatAction>((name) => typeof name === "string") }),
  z.object({ answerCallbackQuery: z.string() }),
]);

/** What Telegram says when there is nothing left to do. */
const DONE: readonly (string | undefined)[] = [QUERY_TOO_OLD, NOT_MODIFIED];

/**
 * Does an action.
 * @throws ProviderError
 */
export async function actOnTelegram(outgoing: OutgoingAction, context: OutboundContext, config: ApiConfig) {
  const action = parsePayload(actionSchema, outgoing.action);
  const { bot, scopes, on } = senderOf(outgoing, config);
  const call: MethodCall =
    "chatAction" in action
      ? { method: "sendChatAction", params: { ...on(outgoing.threadId), action: action.chatAction } }
      : { method: "answerCallbackQuery", params: { callback_query_id: action.answerCallbackQuery } };
  const answer = await callTelegram(bot, call, scopes, context);
  if (!answer.ok && !DONE.includes(answer.error.code)) throw answer.error;
}
