import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { type Fact, uuidv7, written } from "@millrace/core";
import { inboundText, newEvent, newThread, SETTINGS } from "../../../test/facts.ts";
import { useDatabase } from "../../../test/use-database.ts";
import { assignAccounts } from "../../accounts/accounts.ts";
import { createInbox } from "../../inbox/inbox.ts";
import { applyBatch } from "./apply-batch.ts";
import { plainEvent } from "./plain-event.ts";
import type { Transaction } from "../statement.ts";

const database = useDatabase();

/** A node of a plan, as `explain (format json)` describes it. */
type PlanNode = {
  "Node Type": string;
  "Relation Name"?: string;
  "Index Name"?: string;
  "Index Cond"?: string;
  Plans?: PlanNode[];
};

test("every statement of a batch finds its rows by their keys, also in new tables without statistics", async () => {
  await assignAccounts(database.orm, [{ provider: "telegram", externalId: "*", tenantName: "Mill" }], uuidv7);
  const thread = newThread();
  const inbox = createInbox(database, uuidv7, SETTINGS);
  await inbox.applyOnce(newEvent(), written(inboundText(thread)));
  const sent = inboundText(thread);
  const outbound: Fact = {
    ...sent,
    message: { ...sent.message, direction: "outbound", ofContact: false, status: "sent" },
  };
  await inbox.applyOnce(newEvent(), written(outbound));
  // The messages of the batch open another AI turn, which has a follow-up job.
  await database.orm.execute(sql`update millrace.ai_turns set state = 'superseded'`);
  const { owner, channel, accountId } = thread;
  const { externalId } = sent.message;
  const read: Fact = {
    fact: "status",
    owner,
    channel,
    accountId,
    externalId,
    status: "read",
    at: new Date(0),
    payload: {},
  };
  const events = [inboundText(thread), inboundText(thread), read].flatMap(
    (fact) => plainEvent({ event: newEvent(), handled: written(fact) }) ?? [],
  );

  const lookups = new Set<string>();
  const applied = await database.sql.begin((tx) => {
    const explained: Transaction = {
      unsafe: ((statement: string, ...others: [never[], object]) => {
        void tx
          .unsafe<{ "QUERY PLAN": [{ Plan: PlanNode }] }[]>(`explain (generic_plan, format json) ${statement}`)
          .execute()
          .then((rows) => {
            const plans = rows.flatMap((row) => row["QUERY PLAN"]);
            for (const lookup of plans.flatMap(({ Plan }) => lookupsOf(Plan))) lookups.add(lookup);
          });
        return tx.unsafe(statement, ...others);
      }) as Transaction["unsafe"],
    };
    return applyBatch(explained, { ...SETTINGS, newId: uuidv7 }, events);
  });
  expect(applied.size).toBe(events.length);
  expect([...lookups].toSorted()).toEqual([
    "ai_turns_conversation_id by conversation_id",
    "ai_turns_open by conversation_id",
    "ai_turns_pkey by id",
    "cases_pkey by id",
    "contact_identities_tenant_channel_external_id by tenant_id, channel, external_id",
    "contacts_pkey by id",
    "conversations_channel_account_thread by channel, account_id, thread_id",
    "conversations_pkey by id",
    "message_changes_key by channel, account_id, external_id",
    "messages_ai_turn_id by ai_turn_id",
    "messages_channel_account_external_id by channel, account_id, external_id",
    "messages_conversation_id_sent_at by conversation_id",
    "messages_pkey by id",
    "provider_accounts_provider_external_id by provider, external_id",
    "webhook_events_integration_event_id by integration, event_id",
    "webhook_events_pkey by id",
  ]);
});

/** Describes how a plan reads tables: by which index, and by which of its columns. */
function lookupsOf(node: PlanNode): string[] {
  const { "Node Type": type, "Index Name": index, "Relation Name": table, "Index Cond": condition = "" } = node;
  const columns = [...condition.matchAll(/\(?(\w+)\)? = /g)].map(([, column]) => column).join(", ");
  return [
    ...(type === "Seq Scan" ? [`all of ${table}`] : []),
    ...(index === undefined || type === "ModifyTable" ? [] : [`${index} by ${columns}`]),
    ...(node.Plans ?? []).flatMap(lookupsOf),
  ];
}
