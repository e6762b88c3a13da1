import { type ConversionFact, permanent } from "@millrace/core";
import { tenantStore } from "../accounts/accounts.ts";
import type { Executor } from "../connection/database.ts";
import { conversationStore } from "../conversations/conversations.ts";
import { conversionStore } from "../conversions/conversions.ts";
import { storedTransactionId, transactionIdOf, type Won } from "../conversions/transaction-id.ts";
import type { EventContext } from "../inbox/event-context.ts";
import { leadStore } from "../leads/leads.ts";
import type { Apply } from "./apply.ts";
import { tenantOf } from "./threads.ts";

/**
 * Appends `lead.won` and `conversation.won`, with the consent boxes of the row.
 * @throws ProviderError permanent when there is no such row
 */
export const applyWon: Apply<"won"> = async (tx, context, facts) => {
  for (const { subject, subjectId, sale } of facts) {
    const row = await findWonRow(tx, context, { subject, subjectId });
    const consents = "consents" in row ? row.consents : {};
    const transactionId = transactionIdOf({ subject, subjectId }, row.id, sale.transactionId);
    context.domainEvents.push({
      type: `${subject}.won`,
      tenantId: row.tenantId,
      subjectId: row.id,
      payload: { sale: { ...sale, transactionId }, consents, reportedBy: context.event?.id },
    });
  }
};

/**
 * Stores conversions for their upload. The click of a row that was won is read here, because it can arrive after the sale.
 * @throws ProviderError permanent when there is no click, or no such row
 */
export const applyConversions: Apply<"conversion"> = async (tx, context, facts) => {
  let isStored = false;
  let held: string | undefined;
  for (const fact of facts) {
    const tenantId = await tenantOfConversion(tx, context, fact);
    const { conversion, won, reportedBy } = fact;
    const row = won && (await findWonRow(tx, context, won));
    const click = conversion.click ?? row?.click;
    if (!click) throw permanent(`the ${won?.subject ?? "conversion"} has no click id`, "no_click");
    const isNew = await conversionStore(tx, context).add({
      ...conversion,
      ...(row && won ? { transactionId: await storedTransactionId(tx, won, row.id, fact) } : {}),
      click,
      integration: fact.integration,
      tenantId,
      held: fact.held,
      reportedBy,
      ...(row && won?.subject === "lead" ? { leadId: row.id } : {}),
      ...(row && won?.subject === "conversation" ? { conversationId: row.id } : {}),
    });
    isStored ||= isNew;
    if (isNew) held = fact.held;
  }
  if (!isStored) return { result: "ignored", detail: "uploaded before" };
  return held ? { result: "written", detail: `held: ${held}` } : { result: "written" };
};

async function findWonRow(tx: Executor, context: EventContext, { subject, subjectId }: Won) {
  const store = subject === "lead" ? leadStore(tx, context) : conversationStore(tx, context);
  const row = await store.find(subjectId);
  if (!row) throw permanent(`there is no such ${subject}`, "unknown");
  return row;
}

function tenantOfConversion(tx: Executor, context: EventContext, { tenant }: ConversionFact): Promise<string> {
  if ("id" in tenant) return Promise.resolve(tenant.id);
  return "owner" in tenant ? tenantOf(tx, context, tenant.owner) : tenantStore(tx).findByName(tenant.name);
}
