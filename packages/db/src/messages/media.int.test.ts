import { eq } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { type Media, type NewMessage, type StoredMedia, uuidv7 } from "@millrace/core";
import { useDatabase } from "../../test/use-database.ts";
import { messages, tenants } from "../schema/index.ts";
import { conversationStore } from "../conversations/conversations.ts";
import { eventContext } from "../inbox/event-context.ts";
import { messageStore } from "./messages.ts";
import { storedMedia } from "./media.ts";

const at = new Date("2026-03-01T08:00:05.250Z");
const stored: StoredMedia = {
  store: "folder",
  key: "incoming/telegram/77/5f",
  sha256: "0a".repeat(32),
  sizeBytes: 3_000_000_000,
  mimeType: "image/webp",
};
const place = {
  store: "folder",
  key: stored.key,
  sha256: stored.sha256,
  sizeBytes: stored.sizeBytes,
  at: "2026-03-01T08:00:05.250Z",
};

const database = useDatabase(4);
let base: Omit<NewMessage, "externalId" | "media">;

beforeAll(async () => {
  const tenantId = uuidv7();
  await database.orm.insert(tenants).values({ id: tenantId, name: "Mill" });

  const account = { tenantId, channel: "telegram", accountId: "77" } as const;
  const conversationId = await conversationStore(database.orm, eventContext(uuidv7)).open(
    { ...account, threadId: "4005", kind: "direct" },
    { at, byUser: true },
  );
  base = {
    ...account,
    conversationId,
    direction: "inbound",
    type: "sticker",
    sentAt: at,
    payload: {},
    status: "received",
  };
});

test("a message records the location of its file next to the announced media, and a missing type", async () => {
  const message = await add({ id: "file-1", flavour: "animated" });
  const records = storedMedia(database);
  expect(await records.find(message)).toEqual({ key: undefined });
  expect(await records.record(message, stored, at)).toBe(true);
  expect(await mediaOf(message)).toEqual({ id: "file-1", flavour: "animated", mimeType: "image/webp", stored: place });
  expect(await records.find(message)).toEqual({ key: stored.key });
});

test("an announced type stays, and an unknown type is left out", async () => {
  const records = storedMedia(database);
  const typed = await add({ id: "file-2", mimeType: "image/png" });
  await records.record(typed, stored, at);
  expect(await mediaOf(typed)).toEqual({ id: "file-2", mimeType: "image/png", stored: place });
  const unknown = await add({ id: "file-3" });
  await records.record(unknown, { ...stored, mimeType: undefined }, at);
  expect(await mediaOf(unknown)).toEqual({ id: "file-3", stored: place });
});

test("recording again replaces the whole location", async () => {
  const records = storedMedia(database);
  const message = await add({ id: "file-4" });
  await records.record(message, { ...stored, store: "s3", key: "elsewhere" }, new Date(0));
  await records.record(message, stored, at);
  expect(await mediaOf(message)).toEqual({ id: "file-4", mimeType: "image/webp", stored: place });
});

test("recording for an unknown message writes nothing and returns false", async () => {
  const records = storedMedia(database);
  const message = await add({ id: "file-5" });
  const before = await database.orm.select().from(messages);
  for (const other of [
    { ...message, externalId: uuidv7() },
    { ...message, accountId: "78" },
    { ...message, channel: "whatsapp" as const },
  ]) {
    expect(await records.find(other)).toBeUndefined();
    expect(await records.record(other, stored, at)).toBe(false);
  }
  expect(await database.orm.select().from(messages)).toEqual(before);
});

test("the recording of a call is fetched in both directions, and the file of another outbound message is not", async () => {
  const call = { outcome: "completed", durationSeconds: 3, transcript: undefined, summary: undefined };
  const received = { direction: "inbound", status: "received" } as const;
  const sent = { direction: "outbound", status: "delivered" } as const;
  expect(await jobsOf({ ...received, call })).toEqual(["media"]);
  expect(await jobsOf({ ...sent, call })).toEqual(["media"]);
  expect(await jobsOf(sent)).toEqual([]);
});

/** The roles of the jobs that a message with a file adds. */
async function jobsOf(changes: Partial<NewMessage>) {
  const context = eventContext(uuidv7, { now: () => at, media: new Set(["telegram"]), formats: [], subscribers: [] });
  const message = { ...base, ...changes, externalId: uuidv7(), media: { id: "file-9" } };
  await database.orm.transaction((tx) => messageStore(tx, context).add(message));
  return context.followUps.map(({ role }) => role);
}

async function add(media: Media) {
  const message = { channel: base.channel, accountId: base.accountId, externalId: uuidv7() };
  await database.orm.transaction((tx) => messageStore(tx, eventContext(uuidv7)).add({ ...base, ...message, media }));
  return message;
}

async function mediaOf({ externalId }: { externalId: string }): Promise<unknown> {
  const [row] = await database.orm.select().from(messages).where(eq(messages.externalId, externalId));
  return row?.media;
}
