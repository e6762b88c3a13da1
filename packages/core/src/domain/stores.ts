import type { AccountStore, TenantStore } from "./accounts.ts";
import type { AiTurnStore } from "./ai-turns.ts";
import type { ContactStore } from "./contacts.ts";
import type { ConversationStore } from "./conversations.ts";
import type { ConversionStore } from "./conversions.ts";
import type { LeadStore } from "./leads.ts";
import type { MessageStore } from "./messages.ts";
import type { OutboxStore } from "./outbox.ts";

/**
 * The stores that handlers write to. packages/db implements them; they are usable only inside the transaction of one
 * event. Ids are UUIDv7 strings, times are Dates.
 */
export type Stores = {
  accounts: AccountStore;
  tenants: TenantStore;
  contacts: ContactStore;
  conversations: ConversationStore;
  messages: MessageStore;
  outbox: OutboxStore;
  aiTurns: AiTurnStore;
  leads: LeadStore;
  conversions: ConversionStore;
};
