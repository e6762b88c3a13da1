import fc from "fast-check";
import {
  EVENT_VERSION,
  type Fact,
  type InboundEvent,
  type MessageStatus,
  type ThreadReference,
  written,
} from "@millrace/core";
import type { HandledEvent } from "../src/batches/inbox/plain-event.ts";
import { AT } from "./facts.ts";

/** A step of a property: events that arrive together, or a change of all AI turns in between. */
export type Step = { events: readonly HandledEvent[] } | { turns: "awaiting_reply" | "failed" };

const PEOPLE = 4;
const OUTBOUND = 4;

/** The thread of a person, on a channel with chats or on one without. */
function threadOf(person: number): ThreadReference {
  const isChat = person % 2 === 0;
  const channel = isChat ? "telegram" : "whatsapp";
  return {
    owner: { provider: channel, noun: "account", externalId: "shop" },
    channel,
    accountId: "shop",
    threadId: isChat ? String(7_000 + person) : undefined,
    kind: isChat && person === 2 ? "group" : "direct",
    title: person === 2 ? "Mill" : undefined,
    person: {
      identities: [{ channel, externalId: `person-${person}`, stable: true }],
      profile: { name: `P${person}` },
    },
  };
}

function minutes(count: number): Date {
  return new Date(AT.getTime() + count * 60_000);
}

function handled(id: string, index: number, ...facts: readonly Fact[]): HandledEvent {
  const event: InboundEvent = {
    v: EVENT_VERSION,
    integration: "test",
    kind: "test",
    payload: { id },
    id,
    index,
    request: "01a22274-9928-732b-8b62-aeb65d4ecb72",
    correlationId: id,
    receivedAt: AT.toISOString(),
  };
  return { event, handled: written(...facts) };
}

const message = fc
  .record({
    person: fc.nat(PEOPLE - 1),
    number: fc.nat(9),
    isOutbound: fc.constantFrom(false, false, false, true),
  })
  .map(({ person, isOutbound, ...picked }) => {
    // The content of a message depends on its id alone, as it does when a platform delivers it again.
    const number = isOutbound ? picked.number % OUTBOUND : picked.number;
    const externalId = isOutbound ? `out-${number}` : `in-${person}-${number}`;
    const thread = threadOf(isOutbound ? 0 : person);
    const fact: Fact = {
      fact: "message",
      thread,
      activity: { at: minutes(number), byUser: !isOutbound },
      message: {
        externalId,
        ofContact: !isOutbound,
        direction: isOutbound ? "outbound" : "inbound",
        type: "text",
        body: externalId,
        media: number % 3 === 0 ? { id: externalId, mimeType: "image/png" } : undefined,
        sentAt: minutes(number),
        payload: { externalId },
        status: isOutbound ? "sent" : "received",
      },
    };
    return handled(`message.${externalId}`, number, fact);
  });

const status = fc
  .record({
    number: fc.nat(OUTBOUND - 1),
    status: fc.constantFrom<MessageStatus>("sent", "delivered", "read", "failed"),
  })
  .map(({ number, status: name }) => {
    const externalId = `out-${number}`;
    const error = name === "failed" ? { code: "131026", title: "undeliverable" } : undefined;
    const { owner, channel, accountId } = threadOf(0);
    const fact: Fact = {
      fact: "status",
      owner,
      channel,
      accountId,
      externalId,
      status: name,
      at: AT,
      error,
      payload: {},
    };
    return handled(`status.${externalId}.${name}`, 0, fact);
  });

const reaction = fc
  .record({ person: fc.nat(PEOPLE - 1), number: fc.nat(9), emoji: fc.constantFrom("👍", undefined) })
  .map(({ person, number, emoji }) => {
    const { channel, accountId } = threadOf(person);
    const target = { channel, accountId, externalId: `in-${person}-${number}` };
    const changeId = `${person}-${number}-${emoji ?? "none"}`;
    const at = minutes(emoji ? 1 : 2);
    const change = { kind: "reaction", actor: "x", emoji } as const;
    return handled(`reaction.${changeId}`, 0, { fact: "message_changed", target, change, changeId, at });
  });

const plain = fc.nat(9).map((number) => handled(`job.${number}`, 0));

/** Steps with events of a few people: new and repeated ones, before and after what they refer to. */
export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        events: fc.array(
          fc.oneof(
            { weight: 6, arbitrary: message },
            { weight: 3, arbitrary: status },
            { weight: 1, arbitrary: reaction },
            { weight: 1, arbitrary: plain },
          ),
          { minLength: 1, maxLength: 20 },
        ),
      }),
    },
    { weight: 1, arbitrary: fc.record({ turns: fc.constantFrom("awaiting_reply" as const, "failed" as const) }) },
  ),
  { minLength: 1, maxLength: 8 },
);
