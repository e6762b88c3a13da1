import type { OutboundTarget, Pause } from "@millrace/core";
import type { UnfinishedMessages } from "@millrace/db";
import { pages } from "../loops/pages.ts";
import type { EnabledIntegration } from "../worker-deps.ts";

/** Returns the scopes that pause the sending of a message on a channel. */
export type SendScopes = (channel: string, target: OutboundTarget) => readonly string[];

/** An account, e.g. `whatsapp:1065`, and since when its oldest unsent message waits. */
export type UnfinishedAccount = { account: string; since: Date };

/**
 * Returns the accounts with a message that is unsent for longer than so many minutes. A message does not count while one
 * of its scopes is paused, or before its send slot.
 */
export type UnfinishedReader = (
  minutes: number,
  pauses: readonly Pick<Pause, "scope">[],
  now: Date,
) => Promise<UnfinishedAccount[]>;

/** Creates an {@link UnfinishedReader}. */
export function createUnfinishedReader(messages: UnfinishedMessages, sendScopes: SendScopes): UnfinishedReader {
  return async (minutes, pauses, now) => {
    const paused = new Set(pauses.map(({ scope }) => scope));
    const oldest = new Map<string, Date>();
    const age = { ageMs: minutes * 60_000, attemptAgeMs: 0 };
    for await (const page of pages((after) => messages.firstOfConversations(age, after)))
      for (const { channel, accountId, conversationId, createdAt, sendSlotAt, isPaused } of page) {
        if (isPaused || (sendSlotAt && sendSlotAt > now)) continue;
        if (sendScopes(channel, { accountId, conversationId }).some((scope) => paused.has(scope))) continue;
        const account = `${channel}:${accountId}`;
        const since = oldest.get(account);
        if (!since || createdAt < since) oldest.set(account, createdAt);
      }
    return [...oldest].map(([account, since]) => ({ account, since }));
  };
}

/** The scopes by the adapters of the integrations that send. A channel without one has none. */
export function sendScopesOf(integrations: readonly EnabledIntegration[]): SendScopes {
  return (channel, target) =>
    integrations.find(({ id }) => id === channel)?.capabilities?.send?.outbound.scopes(target) ?? [];
}
