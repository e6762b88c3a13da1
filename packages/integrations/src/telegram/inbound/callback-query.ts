import { eventId, type Handled, written } from "@millrace/core";
import type { z } from "zod";
import { accountOf, botAccount, kindOf, messageKey, personOf } from "../chat-address.ts";
import type { callbackSchema, UpdateContext } from "./update-schema.ts";
import type { TelegramAction } from "../send/action.ts";

/**
 * Handles a pressed button as a message of the person. A callback query has no time, so the message has the time at which
 * the update was received. A message of inline mode has no chat; then the thread is the direct one with the person. The
 * callback query is answered, because the button shows a spinner until then.
 * https://core.telegram.org/bots/api#callbackquery
 */
export function handleCallback(
  callback: z.infer<typeof callbackSchema>,
  { bot, receivedAt }: UpdateContext,
  raw: unknown,
): Handled {
  const { id, from, message } = callback;
  const chat = message?.chat ?? { id: from.id, type: "private" };
  const kind = kindOf(chat);
  const accountId = accountOf(bot, message ?? {});
  const action: TelegramAction = { answerCallbackQuery: id };
  return written({
    fact: "message",
    thread: {
      owner: botAccount(bot),
      channel: "telegram",
      accountId,
      threadId: chat.id,
      kind,
      title: message?.chat.title ?? undefined,
      person: personOf(from),
    },
    activity: { at: receivedAt, byUser: true },
    message: {
      ofContact: true,
      // The id is the callback's, because a button can be pressed several times.
      externalId: `callback/${id}`,
      direction: "inbound",
      type: "callback",
      body: callback.data || callback.game_short_name || undefined,
      replyTo: message ? messageKey(accountId, chat.id, message).externalId : undefined,
      sentAt: receivedAt,
      payload: raw,
      status: "received",
    },
    action: { id: eventId("act", "callback", id), action },
  });
}
