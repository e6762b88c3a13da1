import { eventId, type Write } from "@millrace/core";
import type { z } from "zod";
import { accountOf, kindOf, messageKey, resolvePerson } from "../chat-address.ts";
import type { callbackSchema, UpdateContext } from "./update-schema.ts";
import type { TelegramAction } from "../send/action.ts";

/**
 * Writes a pressed button as a message of the person who pressed it, at the time it was taken in, for it carries none.
 * Where the button's message is not told (it was sent by way of inline mode), the thread is the one with the person.
 * It is answered, for the button shows a spinner until then.
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
    const place = { tenantId, channel: "telegram", accountId } as const;
    const conversationId = await stores.conversations.open(
      {
        ...place,
        threadId: chat.id,
        kind,
        contactId: kind === "direct" ? contactId : undefined,
        title: message?.chat.title ?? undefined,
      },
      { at: receivedAt, byUser: true },
    );
    await stores.messages.add({
      ...place,
      conversationId,
      contactId,
      // Not the button's message: it can be pressed again, and each press is a callback of its own.
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
