import { eq, sql } from "drizzle-orm";
import type { Database } from "../connection/database.ts";
import { UUID } from "../inbox/payload-ids.ts";
import { contactAliases, conversationAliases } from "../schema/index.ts";

/** A contact or a conversation that was merged into another, and the id that it leads to. */
export type MergedRow = { kind: "contact" | "conversation"; id: string; mergedInto: string };

/** Finds the merged contact or conversation with this id; undefined when there is none. */
export async function findMergedRow({ orm }: Database, id: string): Promise<MergedRow | undefined> {
  if (!UUID.test(id)) return undefined;
  const contact = {
    kind: sql<MergedRow["kind"]>`'contact'`,
    id: contactAliases.id,
    mergedInto: contactAliases.contactId,
  };
  const conversation = {
    kind: sql<MergedRow["kind"]>`'conversation'`,
    id: conversationAliases.id,
    mergedInto: conversationAliases.conversationId,
  };
  const [row] = await orm
    .select(contact)
    .from(contactAliases)
    .where(eq(contactAliases.id, id))
    .unionAll(orm.select(conversation).from(conversationAliases).where(eq(conversationAliases.id, id)));
  return row;
}
