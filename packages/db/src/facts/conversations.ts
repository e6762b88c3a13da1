import { permanent } from "@millrace/core";
import { conversationStore } from "../conversations/conversations.ts";
import type { Apply } from "./apply.ts";
import { openThread, resolveThread } from "./threads.ts";

/** Records activities of contacts that are no messages. */
export const applyActivities: Apply<"activity"> = async (tx, context, facts) => {
  for (const { thread: reference, at, opens } of facts) {
    if (opens) {
      await openThread(tx, context, reference, { at, byUser: true });
      continue;
    }
    const { thread } = await resolveThread(tx, context, reference);
    await conversationStore(tx, context).recordUserActivity(thread, at);
  }
};

/** Gives threads their new ids. */
export const applyThreadsMoved: Apply<"thread_moved"> = async (tx, context, facts) => {
  for (const { channel, accountId, from, to } of facts)
    await conversationStore(tx, context).migrate(channel, accountId, from, to);
};

/** Records whether threads accept messages. */
export const applyReachability: Apply<"reachability"> = async (tx, context, facts) => {
  for (const { channel, accountId, threadId, reachable, at } of facts)
    await conversationStore(tx, context).setReachable(channel, accountId, threadId, reachable, at);
};

/**
 * Takes conversations over or hands them back.
 * @throws ProviderError permanent when a conversation does not exist
 */
export const applyModes: Apply<"mode"> = async (tx, context, facts) => {
  const conversations = conversationStore(tx, context);
  const changed: string[] = [];
  let unchanged = "";
  for (const { change } of facts) {
    const conversation = await conversations.find(change.conversationId);
    if (!conversation) throw permanent(`no conversation ${change.conversationId}`, "no_conversation");
    if (await conversations.changeMode(change)) changed.push(change.mode);
    else unchanged = conversation.mode === change.mode ? `already ${change.mode}` : "changed later";
  }
  return changed.length > 0
    ? { result: "written", detail: changed.join(", ") }
    : { result: "ignored", detail: unchanged };
};
