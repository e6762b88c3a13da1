import { and, eq, sql } from "drizzle-orm";
import type { Identity, Profile } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { isLatest } from "../conversations/is-latest.ts";
import { contacts } from "../schema/index.ts";
import { ownerOf, type KnownContact, uniqueIdentities } from "./identities.ts";
import type { EventContext } from "../inbox/event-context.ts";
import { resolveContact } from "./resolve.ts";

/** Contacts, each with any number of identities. */
export type ContactStore = {
  /**
   * Returns the contact with these identities and creates it when there is none. Afterwards the contact owns all of
   * them. Contacts that share them are merged, but two stable identities of one channel are merged only when one call
   * names both.
   */
  resolve(tenantId: string, identities: readonly [Identity, ...Identity[]], profile: Profile): Promise<string>;
  /**
   * Merges two contacts after the platform reported that the person of `previous` is now the person of `current`. The
   * conversations, messages, cases and leads of both belong to the contact that it returns.
   */
  join(
    tenantId: string,
    previous: readonly Identity[],
    current: readonly [Identity, ...Identity[]],
    profile: Profile,
  ): Promise<string>;
  /**
   * Records whether the person accepts marketing messages. The latest `at` wins; of two with the same time, the opt-out
   * wins.
   */
  setMarketing(contactId: string, allowed: boolean, at: Date): Promise<void>;
};

/** {@link ContactStore} on the tables contacts and contact_identities. */
export function contactStore(tx: Executor, context: EventContext): ContactStore {
  return {
    resolve: (tenantId, identities, profile) =>
      contactOf(tx, context, tenantId, { previous: [], current: identities }, profile),
    join: (tenantId, previous, current, profile) => contactOf(tx, context, tenantId, { previous, current }, profile),

    async setMarketing(contactId, allowed, at) {
      // Platforms report whole seconds: of two choices in one second, the opt-out wins.
      await tx
        .update(contacts)
        .set({ marketingAllowed: allowed, marketingChangedAt: at, updatedAt: sql`now()` })
        .where(and(eq(contacts.id, contactId), isLatest(contacts.marketingChangedAt, at, !allowed)));
    },
  };
}

/** Returns the contact that owns all these identities. If none does, it resolves who the person is. */
async function contactOf(
  tx: Executor,
  context: EventContext,
  tenantId: string,
  { previous, current }: { previous: readonly Identity[]; current: readonly Identity[] },
  profile: Profile,
): Promise<string> {
  const all = uniqueIdentities([...current, ...previous]);
  const contact = await ownerOf(tx, tenantId, all);
  if (contact) {
    if (differs(contact, profile)) await updateProfile(tx, contact.id, profile);
    return contact.id;
  }
  const contactId = await resolveContact(tx, context, tenantId, { current: uniqueIdentities(current), previous });
  await updateProfile(tx, contactId, profile);
  return contactId;
}

function differs(contact: KnownContact, profile: Profile): boolean {
  return definedFields(profile).some(([name, value]) => contact[name] !== value);
}

async function updateProfile(tx: Executor, contactId: string, profile: Profile): Promise<void> {
  const values = definedFields(profile);
  if (values.length === 0) return;
  await tx
    .update(contacts)
    .set({ ...Object.fromEntries(values), updatedAt: sql`now()` })
    .where(eq(contacts.id, contactId));
}

function definedFields({ name, username, phone, email }: Profile) {
  const all = [
    ["name", name] as const,
    ["username", username] as const,
    ["phone", phone] as const,
    ["email", email] as const,
  ];
  return all.filter(([, value]) => value !== undefined);
}
