import type { InboundEvent, NewId, Outcome } from "@millrace/core";
import { accountStore, tenantStore } from "../src/accounts/accounts.ts";
import { aiTurnStore } from "../src/ai-turns/answers.ts";
import type { Database, Executor } from "../src/connection/database.ts";
import { contactStore } from "../src/contacts/contacts.ts";
import { conversationStore } from "../src/conversations/conversations.ts";
import { conversionStore } from "../src/conversions/conversions.ts";
import { type EventContext, eventContext, type InboxSettings, originOf } from "../src/inbox/event-context.ts";
import { type AppliedEvent, applyClaimed, claim } from "../src/inbox/inbox.ts";
import { leadStore } from "../src/leads/leads.ts";
import { messageStore } from "../src/messages/messages.ts";
import { outboxStore } from "../src/messages/outbox.ts";

/** The stores of one event's transaction. */
export type Stores = ReturnType<typeof storesOf>;

/**
 * Processes an event as the inbox does, with `work` in place of facts, so that a test can write any rows in the event's
 * transaction.
 */
export function applyWork(
  database: Database,
  newId: NewId,
  event: InboundEvent,
  work: (stores: Stores) => Promise<Outcome>,
  settings?: InboxSettings,
): Promise<AppliedEvent> {
  return database.orm.transaction((tx) => {
    const context = eventContext(newId, settings, originOf(event));
    return applyClaimed(tx, context, event, claim(tx, newId(), event), () => work(storesOf(tx, context)));
  });
}

function storesOf(tx: Executor, context: EventContext) {
  return {
    accounts: accountStore(tx),
    tenants: tenantStore(tx),
    contacts: contactStore(tx, context),
    conversations: conversationStore(tx, context),
    messages: messageStore(tx, context),
    outbox: outboxStore(tx, context),
    aiTurns: aiTurnStore(tx, context),
    leads: leadStore(tx, context),
    conversions: conversionStore(tx, context),
  };
}
