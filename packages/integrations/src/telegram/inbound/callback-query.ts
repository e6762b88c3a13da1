import { eventId, type Write } from "@millrace/core";
import type { z } from "zod";
import { accountOf, kindOf, messageKey, resolvePerson } from "../chat-address.ts";
import type { callbackSchema, UpdateContext } from "./update-schema.ts";
import type { TelegramAction } from "../send/action.ts";

/**
 * Writes a pressed button as a message of the person. A callback query has no time, so the message has the time at which
 * the update was received. A message of inline mode has no chat; then the thread is the direct one with the person. The
 * callback query is answered, because the button shows a spinner until then.
 * https://core.telegram.org/bots/api#callbackquery
 */
export function callbackWrite(
  callback: z.infer<typeof callbackSchema>,
  { bot, receivedAt }: UpdateContext,
  raw: unknown,
): Write {
  const { id, from, message } = callback;
  const chat = message?.chat ?? { id: from.id, type: "private" };
  const kind = kindOf(chat);
  const accountId = accountOf(bot, message ?? {});
  return async (stores) => {
    const tenantId = await stores.accounts.tenantOf("telegram", "bot", bot);
    const contactId = await resolvePerson(stores, tenantId, from);
    const account = { tenantId, channel: "telegram", accountId } as const;
    const conversationId = await stores.conversations.open(
      {
        ...account,
        threadId: chat.id,
        kind,
        contactId: kind === "direct" ? contactId : undefined,
        title: message?.chat.title ?? undefined,
      },
      { at: receivedAt, byUser: true },
    );
    await stores.messages.add({
      ...account,
      conversationId,
      contactId,
      // The id is the callback's, because a button can be pressed several times.
      externalId: `callback/${id}`,
      direction: "inbound",
      type: "callback",
      body: callback.data || callback.game_short_name || undefined,
      replyTo: message ? messageKey(accountId, chat.id, message).externalId : undefined,
      sentAt: receivedAt,
      payload: raw,
      status: "received",
    });
    const action: TelegramAction = { answerCallbackQuery: id };
    await stores.outbox.act({ id: eventId("act", "callback", id), conversationId, action });
    return { result: "written" };
  };
}
