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
 * Changes the message that was edited, which may come later than its edit; never a message of its own.
 * https://core.telegram.org/bots/api#update, edited_message
 */
export function editWrite(message: TelegramMessage, context: UpdateContext, raw: unknown): Write {
  const at = dateOfUnixSeconds(message.edit_date ?? message.date);
  if (!at) throw permanent("an edit without a time");
  const target = messageKey(accountOf(context.bot, message), message.chat.id, message);
  const { body } = contentOf(message);
  return async (stores) => {
    await stores.messages.addChange(target, { kind: "edit", body, payload: raw, changeId: changeId(context), at });
    return { result: "written" };
  };
}

/** Sets what one person, or one chat, reacts with. https://core.telegram.org/bots/api#messagereactionupdated */
export function reactionWrite(reaction: z.infer<typeof reactionSchema>, context: UpdateContext): Write {
  const at = dateOfUnixSeconds(reaction.date);
  const actor = reaction.user?.id ?? reaction.actor_chat?.id;
  if (!at || actor === undefined) throw permanent("a reaction without a time or an actor");
  const target = messageKey(context.bot, reaction.chat.id, reaction);
  // Up to three at once with Telegram Premium; custom and paid ones are no characters.
  const emoji = reaction.new_reaction
    .map(({ type, emoji, custom_emoji_id: custom }) => emoji || (custom ? `:${custom}:` : `:${type}:`))
    .join("");
  return async (stores) => {
    const change = { kind: "reaction", actor, emoji: emoji || undefined, changeId: changeId(context), at } as const;
    await stores.messages.addChange(target, change);
    return { result: "written" };
  };
}

/** Revokes each message that a business account deleted. https://core.telegram.org/bots/api#businessmessagesdeleted */
export function deletionWrite(deletion: z.infer<typeof deletionSchema>, context: UpdateContext): Write {
  const accountId = accountOf(context.bot, deletion);
  return async (stores) => {
    // One order for all, so that two deletions that share messages do not wait for each other.
    for (const message_id of deletion.message_ids.toSorted()) {
      const target = messageKey(accountId, deletion.chat.id, { message_id, date: 0 });
      const change = { kind: "revoke", changeId: changeId(context), at: context.receivedAt } as const;
      await stores.messages.addChange(target, change);
    }
    return { result: "written" };
  };
}

/**
 * Records that a person blocked the bot or takes its messages again, or that a group put it out.
 * https://core.telegram.org/bots/api#chatmember
 */
export function membershipWrite(
  { chat, date, new_chat_member: { status } }: z.infer<typeof membershipSchema>,
  { bot }: UpdateContext,
): Write {
  const at = dateOfUnixSeconds(date);
  if (!at) throw permanent("a change of membership without a time");
  const reachable = status !== "kicked" && status !== "left";
  return async (stores) => {
    await stores.conversations.setReachable("telegram", bot, chat.id, reachable, at);
    return { result: "written", detail: reachable ? "the chat takes messages" : "the chat takes no messages" };
  };
}

/** Update ids count up, so that of two changes within a second the later one is the last in the order of their ids. */
function changeId({ updateId }: UpdateContext): string {
  return updateId.padStart(18, "0");
}
