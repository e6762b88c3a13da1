import { beforeAll, expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { useDatabase } from "../../test/use-database.ts";
import { cases, conversations, messages, tenants } from "../schema/index.ts";
import { listConversations } from "./list.ts";

const database = useDatabase(2);
const tenantId = uuidv7();
const caseId = uuidv7();
const account = { channel: "telegram", accountId: "1" };
const minute = (number: number) => new Date(Date.UTC(2026, 2, 1, 12, number));

/** Inserts conversations that were created in this minute. */
async function converse(createdIn: number, titles: readonly string[]): Promise<string[]> {
  const rows = titles.map((title) => ({ id: uuidv7(), title, threadId: title.replaceAll(/\D/g, "") }));
  const common = { tenantId, caseId, ...account, kind: "group", mode: "human", createdAt: minute(createdIn) } as const;
  await database.orm.insert(conversations).values(rows.map((row) => ({ ...row, ...common })));
  return rows.map(({ id }) => id);
}

/** Records messages of a conversation, the last one in this minute. */
async function write(conversationId: string, lastIn: number, statuses: readonly string[]): Promise<void> {
  const common = { tenantId, conversationId, ...account, direction: "outbound", type: "text", payload: {} } as const;
  const rows = statuses.map((status) => ({ id: uuidv7(), status, sentAt: minute(lastIn) }));
  await database.orm.insert(messages).values(rows.map((row) => ({ ...row, ...common })));
}

beforeAll(async () => {
  await database.orm.insert(tenants).values({ id: tenantId, name: "Mill" });
  await database.orm.insert(cases).values({ id: caseId, tenantId, openedAt: minute(0) });
});

test("conversations are listed by their latest message, or by their creation before the first one", async () => {
  expect(await listConversations(database, 20)).toEqual([]);
  const [first = "", second = "", third = ""] = await converse(0, ["1", "2", "3"]);
  await write(second, 1, ["read"]);
  await write(first, 5, ["read", "queued", "sending"]);
  await write(
    third,
    3,
    Array.from({ length: 50 }, () => "read"),
  );
  for (const [id, at] of [
    [first, 5],
    [second, 1],
    [third, 3],
  ] as const)
    await database.orm.execute(
      `update conversations set last_message_at = '${minute(at).toISOString()}' where id = '${id}'`,
    );
  await converse(4, ["4"]);
  const listed = await listConversations(database, 20);
  expect(listed.map(({ contact, unsent }) => [contact, unsent])).toEqual([
    ["1", 2],
    ["4", 0],
    ["3", 0],
    ["2", 0],
  ]);
  expect((await listConversations(database, 3)).map(({ contact }) => contact)).toEqual(["1", "4", "3"]);
});
