import { type Fact, type Handled, permanent, written } from "@millrace/core";
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
export function handleEdit(message: TelegramMessage, context: UpdateContext, raw: unknown): Handled {
  const at = dateOfUnixSeconds(message.edit_date ?? message.date);
  if (!at) throw permanent("the edit has no time");
  const target = messageKey(accountOf(context.bot, message), message.chat.id, message);
  const { body } = contentOf(message);
  const change = { kind: "edit", body, payload: raw } as const;
  return written({ fact: "message_changed", target, change, changeId: changeId(context), at });
}

/** Sets the reaction of one person or one chat. https://core.telegram.org/bots/api#messagereactionupdated */
export function handleReaction(reaction: z.infer<typeof reactionSchema>, context: UpdateContext): Handled {
  const at = dateOfUnixSeconds(reaction.date);
  const actor = reaction.user?.id ?? reaction.actor_chat?.id;
  if (!at || actor === undefined) throw permanent("the reaction has no time or no actor");
  const target = messageKey(context.bot, reaction.chat.id, reaction);
  // Telegram Premium allows three emoji. Custom and paid reactions have no character.
  const emoji = reaction.new_reaction
    .map(({ type, emoji, custom_emoji_id: custom }) => emoji || (custom ? `:${custom}:` : `:${type}:`))
    .join("");
  const change = { kind: "reaction", actor, emoji: emoji || undefined } as const;
  return written({ fact: "message_changed", target, change, changeId: changeId(context), at });
}

/** Revokes the messages that a business account deleted. https://core.telegram.org/bots/api#businessmessagesdeleted */
export function handleDeletion(deletion: z.infer<typeof deletionSchema>, context: UpdateContext): Handled {
  const accountId = accountOf(context.bot, deletion);
  // The ids are sorted, so that two deletions with common messages cannot deadlock.
  const revocations = deletion.message_ids.toSorted().map((message_id): Fact => {
    const target = messageKey(accountId, deletion.chat.id, { message_id, date: 0 });
    const change = { kind: "revoke" } as const;
    return { fact: "message_changed", target, change, changeId: changeId(context), at: context.receivedAt };
  });
  return written(...revocations);
}

/**
 * Records whether the chat accepts messages: a person can block and unblock the bot, and a group can remove it.
 * https://core.telegram.org/bots/api#chatmember
 */
export function handleMembership(
  { chat, date, new_chat_member: { status } }: z.infer<typeof membershipSchema>,
  { bot }: UpdateContext,
): Handled {
  const at = dateOfUnixSeconds(date);
  if (!at) throw permanent("the membership change has no time");
  const reachable = status !== "kicked" && status !== "left";
  const detail = reachable ? "the chat accepts messages" : "the chat accepts no messages";
  const thread = { channel: "telegram", accountId: bot, threadId: chat.id } as const;
  return { result: "written", detail, facts: [{ fact: "reachability", ...thread, reachable, at }] };
}

/** Update ids increase, so the padded id orders two changes within one second. */
function changeId({ updateId }: UpdateContext): string {
  return updateId.padStart(18, "0");
}
