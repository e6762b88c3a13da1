import type { Channel, ConversationStore, MessageStore, OutboxStore, AiTurnStore } from "./conversations.ts";
import type { Click, ConversionStore } from "./conversions.ts";

/**
 * The stores that adapters write to: narrow ports, implemented by packages/db, alive only inside the transaction of one
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

/** An account of ours at a platform and the tenant it belongs to. */
export type AccountStore = {
  /**
   * The tenant that owns the account: by its own row, else by the provider's `*` row.
   * @throws ProviderError permanent, "no lead source for <what> <account>", when no tenant owns it
   */
  tenantOf(provider: string, what: string, accountId: string): Promise<string>;
};

/** Tenants by what people call them. */
export type TenantStore = {
  /**
   * The tenant of that name.
   * @throws ProviderError permanent, when there is none
   */
  findByName(name: string): Promise<string>;
};

/** How a person is known on a channel. */
export type Identity = {
  channel: Channel | "email" | "phone" | "meta";
  /** wa_id, BSUID, Telegram user id, e-mail address, phone number in digits, id of a lead that left neither. */
  externalId: string;
  /**
   * Whether it names the person for good (BSUID, Telegram user id) or can pass to someone else (a phone number).
   * A stable one decides; a transferable one follows it.
   */
  stable: boolean;
};

/** What is known of a person besides their identities; undefined leaves what is there. */
export type Profile = {
  name?: string | undefined;
  username?: string | undefined;
  phone?: string | undefined;
  email?: string | undefined;
};

/** People, each under any number of identities. */
export type ContactStore = {
  /**
   * The contact with these identities, made when there is none; afterwards all of them are its own. Contacts become one
   * by it, but two stable identities of one channel do so only when they are given together.
   */
  resolve(tenantId: string, identities: readonly [Identity, ...Identity[]], profile: Profile): Promise<string>;
  /**
   * The platform says that the person of `previous` is now the person of `current`: both become one contact, with
   * its conversations, messages, cases and leads. Returns it.
   */
  join(
    tenantId: string,
    previous: readonly Identity[],
    current: readonly [Identity, ...Identity[]],
    profile: Profile,
  ): Promise<string>;
  /** Records that the person refuses or again allows marketing messages; the latest `at` wins, of two the refusal. */
  setMarketing(contactId: string, allowed: boolean, at: Date): Promise<void>;
};

/** A lead as the platform holds it. */
export type NewLead = {
  tenantId: string;
  contactId: string;
  /** `Meta`, as the CRM knows it. */
  source: string;
  externalId: string;
  pageId?: string | undefined;
  formId?: string | undefined;
  adId?: string | undefined;
  adName?: string | undefined;
  adsetId?: string | undefined;
  adsetName?: string | undefined;
  campaignId?: string | undefined;
  campaignName?: string | undefined;
  platform?: string | undefined;
  isOrganic?: boolean | undefined;
  isTest: boolean;
  fullName?: string | undefined;
  email?: string | undefined;
  phone?: string | undefined;
  /** Every answer by its field name, as it came. */
  answers: Record<string, readonly string[]>;
  /** Every consent box by its key. */
  consents: Record<string, boolean>;
  /** The click on an ad that led to it, where its form was told of it. */
  click?: Click | undefined;
  submittedAt: Date;
  payload: unknown;
};

/** Leads, each written once. */
export type LeadStore = {
  /** What of a lead tells of a conversion, by its id; undefined when there is none. */
  find(id: string): Promise<Pick<NewLead, "tenantId" | "click" | "consents"> | undefined>;
  /** Writes a lead unless it is there already. */
  add(lead: NewLead): Promise<void>;
};
