import { and, eq, inArray, sql } from "drizzle-orm";
import { type ConversionFact, defaultTransactionId } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { conversationAliases, conversionUploads } from "../schema/index.ts";

/** The lead or the conversation that was won, by the id that the caller used. */
export type Won = NonNullable<ConversionFact["won"]>;

/**
 * Returns the transaction id of a sale of the row that `won` leads to. The default one names the row: for a merged
 * conversation, the one that it became.
 */
export function transactionIdOf({ subject, subjectId }: Won, rowId: string, transactionId: string): string {
  return transactionId === defaultTransactionId(subject, subjectId)
    ? defaultTransactionId(subject, rowId)
    : transactionId;
}

/**
 * Returns the transaction id with which a sale is stored, as {@link transactionIdOf} does. A conversation can be won
 * before it is merged into another. Its sale then keeps the transaction id that the platform knows.
 */
export async function storedTransactionId(
  tx: Executor,
  won: Won,
  rowId: string,
  { integration, conversion }: ConversionFact,
): Promise<string> {
  const transactionId = transactionIdOf(won, rowId, conversion.transactionId);
  const ofConversation = defaultTransactionId("conversation", rowId);
  if (transactionId !== ofConversation) return transactionId;
  const mergedIds = tx
    .select({ id: sql`${defaultTransactionId("conversation", "")} || ${conversationAliases.id}` })
    .from(conversationAliases)
    .where(eq(conversationAliases.conversationId, rowId));
  const [stored] = await tx
    .select({ transactionId: conversionUploads.transactionId })
    .from(conversionUploads)
    .where(
      and(
        eq(conversionUploads.conversationId, rowId),
        eq(conversionUploads.integration, integration),
        eq(conversionUploads.conversionActionId, conversion.actionId),
        inArray(conversionUploads.transactionId, mergedIds),
      ),
    )
    .limit(1);
  return stored?.transactionId ?? transactionId;
}
