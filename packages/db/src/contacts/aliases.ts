import { eq, type SQL, sql } from "drizzle-orm";
import type { Executor } from "../connection/database.ts";
import { contactAliases } from "../schema/index.ts";

/** The id of the contact that an id leads to, as SQL: the id itself, or the contact that it was merged into. */
export function contactIdOf(id: string): SQL<string> {
  return sql<string>`coalesce((select ${contactAliases.contactId} from ${contactAliases}
    where ${contactAliases.id} = ${id}::uuid), ${id}::uuid)`;
}

/** Lets the id of a contact, and all ids that lead to it, lead to another one. Run it before the contact is deleted. */
export async function addContactAlias(tx: Executor, removed: string, survivor: string): Promise<void> {
  await tx.update(contactAliases).set({ contactId: survivor }).where(eq(contactAliases.contactId, removed));
  await tx.insert(contactAliases).values({ id: removed, contactId: survivor });
}
