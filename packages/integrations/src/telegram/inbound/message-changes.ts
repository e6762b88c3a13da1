import { permanent, type Write } from "@millrace/core";
import type { z } from "zod";
import { dateOfUnixSeconds } from "../../shared/json-value.ts";
import { contentOf } from "./content.ts";
import { accountOf, messageKey } from "../chat-address.ts";
import type {
  deletionSchema,
  membershipSchema,
  reactionSchema,
  TelegramMessage,
  UpdateContext,
} from "./update-schema.ts";

/**
 * Changes the edited message. The edit can arrive before the message, and never becomes a message itself.
 * https://core.telegram.org/bots/api#update, edited_message
 */
export function editWrite(message: TelegramMessage, context: UpdateContext, raw: unknown): Write {
  const at = dateOfUnixSeconds(message.edit_date ?? message.date);
  if (!at) throw permanent("the edit has no time");
  const target = messageKey(accountOf(context.bot, message), message.chat.id, message);
  const { body } = contentOf(message);
  return async (stores) => {
    await stores.messages.addChange(target, { kind: "edit", body, payload: raw, changeId: changeId(context), at });
    return { result: "written" };
  };
}

/** Sets the reaction of one person or one chat. https://core.telegram.org/bots/api#messagereactionupdated */
export function reactionWrite(reaction: z.infer<typeof reactionSchema>, context: UpdateContext): Write {
  const at = dateOfUnixSeconds(reaction.date);
  const actor = reaction.user?.id ?? reaction.actor_chat?.id;
  if (!at || actor === undefined) throw permanent("the reaction has no time or no actor");
  const target = messageKey(context.bot, reaction.chat.id, reaction);
  // Telegram Premium allows three emoji. Custom and paid reactions have no character.
  const emoji = reaction.new_reaction
    .map(({ type, emoji, custom_emoji_id: custom }) => emoji || (custom ? `:${custom}:` : `:${type}:`))
    .join("");
  return async (stores) => {
    const change = { kind: "reaction", actor, emoji: emoji || undefined, changeId: changeId(context), at } as const;
    await stores.messages.addChange(target, change);
    return { result: "written" };
  };
}

/** Revokes the messages that a business account deleted. https://core.telegram.org/bots/api#businessmessagesdeleted */
export function deletionWrite(deletion: z.infer<typeof deletionSchema>, context: UpdateContext): Write {
  const accountId = accountOf(context.bot, deletion);
  return async (stores) => {
    // The ids are sorted, so that two deletions with common messages cannot deadlock.
    for (const message_id of deletion.message_ids.toSorted()) {
      const target = messageKey(accountId, deletion.chat.id, { message_id, date: 0 });
      const change = { kind: "revoke", changeId: changeId(context), at: context.receivedAt } as const;
      await stores.messages.addChange(target, change);
    }
    return { result: "written" };
  };
}

/**
 * Records whether the chat accepts messages: a person can block and unblock the bot, and a group can remove it.
 * https://core.telegram.org/bots/api#chatmember
 */
export function membershipWrite(
  { chat, date, new_chat_member: { status } }: z.infer<typeof membershipSchema>,
  { bot }: UpdateContext,
): Write {
  const at = dateOfUnixSeconds(date);
  if (!at) throw permanent("the membership change has no time");
  const reachable = status !== "kicked" && status !== "left";
  return async (stores) => {
    await stores.conversations.setReachable("telegram", bot, chat.id, reachable, at);
    return { result: "written", detail: reachable ? "the chat accepts messages" : "the chat accepts no messages" };
  };
}

/** Update ids increase, so the padded id orders two changes within one second. */
function changeId({ updateId }: UpdateContext): string {
  return updateId.padStart(18, "0");
}
