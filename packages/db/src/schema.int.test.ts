import { type SQL, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { useDatabase } from "../test/use-database.ts";

const database = useDatabase(4);

test("every foreign key has an index that begins with its columns", async () => {
  const keys = await names(sql`select conname as name from pg_constraint where contype = 'f'`);
  const indexed = await names(sql`
    select conname as name from pg_constraint where contype = 'f' and exists (
      select 1 from pg_index
      where indrelid = conrelid and indpred is null and (indkey::int2[])[0:cardinality(conkey) - 1] @> conkey
    )`);
  expect(keys.length).toBeGreaterThan(10);
  expect(keys.filter((key) => !indexed.includes(key))).toEqual([]);
});

test("every time column has a time zone", async () => {
  expect(await columnsOf("timestamp with time zone")).toContain("messages.sent_at");
  expect([...(await columnsOf("timestamp without time zone")), ...(await columnsOf("time without time zone"))]).toEqual(
    [],
  );
});

test("money is numeric with its currency, and nothing is a float", async () => {
  expect(await columnsOf("numeric")).toEqual(["conversion_uploads.value"]);
  expect(await columnsOf("text")).toContain("conversion_uploads.currency");
  expect([
    ...(await columnsOf("real")),
    ...(await columnsOf("double precision")),
    ...(await columnsOf("money")),
  ]).toEqual([]);
});

test("a change of a message replicates the whole old row", async () => {
  expect(await names(sql`select relname as name from pg_class where relreplident = 'f'`)).toEqual(["messages"]);
});

// A new table with such a reference belongs into mergeContacts or mergeConversations, and then into this list.
test("the merges cover every reference to a contact or a conversation", async () => {
  const referencing = (table: string) =>
    names(sql`
      select relnamespace::regnamespace || '.' || relname as name from pg_constraint join pg_class on pg_class.oid = conrelid
      where contype = 'f' and confrelid = ${table}::regclass`);
  expect(await referencing("contacts")).toEqual([
    "millrace.contact_aliases",
    "public.cases",
    "public.contact_identities",
    "public.conversations",
    "public.leads",
    "public.messages",
  ]);
  expect(await referencing("conversations")).toEqual([
    "millrace.ai_turns",
    "millrace.conversation_aliases",
    "public.conversion_uploads",
    "public.messages",
  ]);
  expect(await referencing("cases")).toEqual(["public.conversations"]);
});

function columnsOf(type: string): Promise<string[]> {
  return names(sql`
    select table_name || '.' || column_name as name from information_schema.columns
    where table_schema in ('public', 'millrace') and data_type = ${type}`);
}

async function names(query: SQL): Promise<string[]> {
  const rows = await database.orm.execute<{ name: string }>(query);
  return rows.map(({ name }) => name).sort();
}
