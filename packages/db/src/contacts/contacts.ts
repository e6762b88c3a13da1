import { and, eq, sql } from "drizzle-orm";
import type { ContactStore, Identity, Profile } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { isLatest } from "../conversations/latest.ts";
import { contacts } from "../schema/index.ts";
import { ownerOf, type KnownContact, uniqueIdentities } from "./identities.ts";
import type { EventContext } from "../inbox/follow-up-jobs.ts";
import { resolveContact } from "./resolve.ts";

/** {@link ContactStore} on the tables contacts and contact_identities. */
export function contactStore(tx: Executor, following: EventContext): ContactStore {
  return {
    resolve: (tenantId, identities, profile) => contactOf(tx, following, tenantId, [], identities, profile),
    join: (tenantId, previous, current, profile) => contactOf(tx, following, tenantId, previous, current, profile),

    async setMarketing(contactId, allowed, at) {
      // Platforms tell seconds: of two words in one second the refusal counts, whichever comes first.
      await tx
        .update(contacts)
        .set({ marketingAllowed: allowed, marketingChangedAt: at, updatedAt: sql`now()` })
        .where(and(eq(contacts.id, contactId), isLatest(contacts.marketingChangedAt, at, !allowed)));
    },
  };
}

/** The contact that all these names are known to be; otherwise it is settled who the person is. */
async function contactOf(
  tx: Executor,
  following: EventContext,
  tenantId: string,
  previous: readonly Identity[],
  current: readonly Identity[],
  profile: Profile,
): Promise<string> {
  const named = uniqueIdentities([...current, ...previous]);
  const contact = await ownerOf(tx, tenantId, named);
  if (contact) {
    if (differs(contact, profile)) await updateProfile(tx, contact.id, profile);
    return contact.id;
  }
  const settled = await resolveContact(tx, following, tenantId, { current: uniqueIdentities(current), previous });
  await updateProfile(tx, settled, profile);
  return settled;
}

function differs(contact: KnownContact, profile: Profile): boolean {
  return told(profile).some(([name, value]) => contact[name] !== value);
}

async function updateProfile(tx: Executor, contactId: string, profile: Profile): Promise<void> {
  const values = told(profile);
  if (values.length === 0) return;
  await tx
    .update(contacts)
    .set({ ...Object.fromEntries(values), updatedAt: sql`now()` })
    .where(eq(contacts.id, contactId));
}

function told({ name, username, phone, email }: Profile) {
  const all = [
    ["name", name] as const,
    ["username", username] as const,
    ["phone", phone] as const,
    ["email", email] as const,
  ];
  return all.filter(([, value]) => value !== undefined);
}
