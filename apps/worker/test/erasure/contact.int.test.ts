import { mkdirSync, renameSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { defaultQueueStore, type QueueStore, queueStores, until } from "@millrace/testing";
import { openConversationHarness } from "../harness/conversation-harness.ts";
import {
  addRecords,
  filesIn,
  inGroup,
  millraceContacts,
  onTelegram,
  onWhatsapp,
  placesOf,
  reactionInGroup,
  type TestPerson,
  personalDataOf,
} from "./person.ts";

const ADA: TestPerson = {
  phone: "15551230777",
  telegram: 7_000_000_777,
  name: "Adalind Quuxley",
  email: "adalind@quux.example",
  word: "zanzibar",
};
const EVE: TestPerson = {
  phone: "15551230888",
  telegram: 7_000_000_888,
  name: "Evelyn Other",
  email: "evelyn@other.example",
  word: "helsinki",
};

/** The phone number of both contacts in a test of erasures that are refused. */
const SHARED_PHONE = "15551230999";

const S3 = {
  MEDIA_STORE: "s3",
  MEDIA_S3_BUCKET: "b",
  MEDIA_S3_ENDPOINT: "http://127.0.0.1:9",
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
};

let conversations: Awaited<ReturnType<typeof openConversationHarness>>;

const count = async (query: string) =>
  (await conversations.rows.rows<{ count: number }>(`select count(*)::int as count from ${query}`))[0]?.count ?? 0;

/** Creates data about two people: processed, failed, waiting and delayed. */
async function open(store: QueueStore = defaultQueueStore()): Promise<void> {
  conversations = await openConversationHarness(store, { answers: false });
  const worker = conversations.startWorker();
  const image = { id: "sandbox-media-image", mime_type: "image/jpeg" };
  for (const person of [ADA, EVE]) {
    const texts = onWhatsapp(conversations, person, { type: "text", text: { body: `My word is ${person.word}` } });
    const caption = `${person.word}, too`;
    const images = onWhatsapp(conversations, person, { type: "image", image: { ...image, caption } });
    // An unreadable message becomes a dead letter, and its job stays in the queue.
    const broken = onWhatsapp(conversations, person, { type: "edit", edit: { text: person.word } });
    await conversations.enqueue("whatsapp", "inbound", [...texts, ...images, ...broken]);
    await conversations.enqueue("telegram", "inbound", [onTelegram(person, { text: person.word })]);
  }
  const quotable = inGroup(ADA, { text: ADA.word });
  const { message: quoted } = (quotable.payload as { update: { message: object } }).update;
  const answer = inGroup(EVE, { text: "Indeed", reply_to_message: quoted });
  await conversations.enqueue("telegram", "inbound", [quotable, answer, reactionInGroup(ADA, answer.messageId)]);
  await until("every message is stored", async () => (await count("messages")) === 8);
  await until("both files are stored", async () => (await count("messages where media ? 'stored'")) === 2);
  await until("the dead letters are written", async () => (await count("millrace.dead_letters")) === 2);
  await until("the reaction is stored", async () => (await count("millrace.message_changes")) === 1);
  await worker.stop(1_000);
  for (const person of [ADA, EVE]) {
    await addRecords(conversations, person);
    const waiting = onWhatsapp(conversations, person, { type: "text", text: { body: `Waits: ${person.word}` } });
    const later = onTelegram(person, { text: `Later: ${person.word}` });
    await conversations.enqueue("whatsapp", "inbound", waiting);
    await conversations.enqueue("telegram", "inbound", [
      { ...later, notBefore: new Date(Date.now() + 3_600_000).toISOString() } as typeof later,
    ]);
  }
}

const erase = (...words: string[]) =>
  millraceContacts(conversations, ["erase", ...words, "--reason", "asked for it", "--actor", "Bea", "--json"]);

const tables = async () => {
  const names = await conversations.rows.rows<{ name: string }>(
    `select case table_schema when 'public' then '' else table_schema || '.' end || table_name as name
     from information_schema.tables where table_schema in ('public', 'millrace') and table_type = 'BASE TABLE' order by 1`,
  );
  const counts = names.map(async ({ name }) => [name, await count(name)] as const);
  return Object.fromEntries(await Promise.all(counts));
};

/** Everything that an erasure could change. */
const everything = async () => [
  await tables(),
  await placesOf(conversations, personalDataOf(ADA)),
  filesIn(conversations.mediaFolder),
];

describe("erasing a contact", () => {
  afterEach(() => conversations.close());

  test.each(queueStores())(
    "18: an erased contact is in no row, job of $kind or file; the rows stay, and the data of others does not change",
    async (store) => {
      await open(store);
      const before = await tables();
      const files = filesIn(conversations.mediaFolder);
      const [ada, eve] = [
        await placesOf(conversations, personalDataOf(ADA)),
        await placesOf(conversations, personalDataOf(EVE)),
      ];
      for (const place of [
        "public.messages.payload",
        "public.contacts.email",
        "public.leads.answers",
        "millrace.webhook_events.payload",
        "millrace.dead_letters.payload",
        "millrace.message_changes.actor",
        "public.conversations.thread_id",
        "public.contact_identities.external_id",
      ])
        expect(ada).toContain(place);
      expect(ada).toContain(store.kind === "redis" ? "whatsapp-inbound" : "bullmq.job.data");
      const rowsOfEve = () =>
        conversations.rows.rows(`select to_jsonb(contacts) as contact, to_jsonb(messages) as message from contacts
        join messages on messages.contact_id = contacts.id where contacts.email = '${EVE.email}' order by messages.id`);
      const rowsOfEveBefore = await rowsOfEve();

      const [ofRows, counted] = [await erase(ADA.phone, "--dry-run"), await erase(ADA.phone, "--dry-run", "--exact")];
      expect([ofRows.code, counted.code], ofRows.output + counted.output).toEqual([0, 0]);
      expect(await placesOf(conversations, personalDataOf(ADA))).toEqual(ada);
      expect(await tables()).toEqual(before);

      const { code, output } = await erase(`+${ADA.phone}`, "--yes");
      expect(code, output).toBe(0);
      expect(output).not.toMatch(new RegExp(personalDataOf(ADA).join("|")));
      expect(await placesOf(conversations, personalDataOf(ADA))).toEqual([]);
      const after = {
        ...before,
        "millrace.audit_log": (before["millrace.audit_log"] ?? 0) + 1,
        "millrace.contact_aliases": (before["millrace.contact_aliases"] ?? 0) - 1,
      };
      expect(await tables()).toEqual(after);
      const [erased] = JSON.parse(output) as [{ contactId: string } & Record<string, unknown>];
      expect(JSON.parse(counted.output)).toEqual([{ ...erased, isExact: true }]);
      const { contactId, contacts, leads, domain_events: events, files: removed } = erased;
      expect(JSON.parse(ofRows.output)).toMatchObject([
        { contactId, contacts, leads, domain_events: events, files: removed, isExact: false },
      ]);
      expect(JSON.parse(ofRows.output)).not.toHaveProperty("0.dead_letters");
      expect(filesIn(conversations.mediaFolder)).toHaveLength(files.length / 2);

      // The erasure deletes BullMQ's event log as a whole; no code reads it.
      expect(await placesOf(conversations, personalDataOf(EVE))).toEqual(
        eve.filter((place) => place !== "bullmq.event.data"),
      );
      expect(withoutQuotation(await rowsOfEve())).toEqual(withoutQuotation(rowsOfEveBefore));
      expect(await count("millrace.dead_letters where state = 'dead'")).toBe(2);
      const actions = await conversations.rows.rows("select actor, action, reason, before from millrace.audit_log");
      expect(actions).toEqual([{ actor: "Bea", action: "contact.erased", reason: "asked for it", before: null }]);

      const again = await erase(contactId, "--yes");
      expect([again.code, again.output.trim()]).toEqual([0, "[]"]);
      expect(await tables()).toEqual(after);
    },
  );

  test("an erased person who writes again is a new contact, and no queued message is sent to the old one", async () => {
    await open();
    const { code, output } = await erase(ADA.email, "--yes");
    expect(code, output).toBe(0);
    const contacts = await count("contacts");
    conversations.startWorker();
    const hello = onWhatsapp(conversations, ADA, { type: "text", text: { body: "Hello, it is me" } });
    await conversations.enqueue("whatsapp", "inbound", hello);
    await conversations.enqueue("telegram", "inbound", [onTelegram(ADA, { text: "And here" })]);
    await until(
      "both messages are stored",
      async () => (await count("messages where body in ('Hello, it is me', 'And here')")) === 2,
    );
    expect(await count("contacts")).toBe(contacts + 2);
    expect(
      await count("messages where body is not null and contact_id in (select id from contacts where name = 'erased')"),
    ).toBe(0);
    await until("the message to the other person is sent", async () => (await conversations.sent()).length > 0);
    expect((await conversations.sent()).map(({ text }) => text)).toEqual([`Dear ${EVE.name}, ${EVE.word}`]);
    expect(await count("messages where status = 'suppressed' and error = 'erased'")).toBe(1);
  });

  test("an erasure that failed in the middle is completed by the next one", async () => {
    await open();
    // The file cannot be removed, so the erasure fails after it has erased the rows.
    const [hers] = await conversations.rows.rows<{ key: string }>(
      `select media #>> '{stored,key}' as key from messages where media ? 'stored' and body like '%${ADA.word}%'`,
    );
    const file = join(conversations.mediaFolder, hers?.key ?? "");
    renameSync(file, `${file}~aside`);
    mkdirSync(file);
    const broken = await erase(ADA.phone, "--yes");
    expect(broken.code).toBe(1);
    expect(broken.output).not.toMatch(new RegExp(personalDataOf(ADA).join("|")));
    expect(await placesOf(conversations, personalDataOf(ADA))).toContain("millrace.audit_log.before");
    // It does not prevent the erasure of others.
    const other = await erase(EVE.email, "--yes");
    expect(other.code).toBe(1);
    expect(other.output).toMatch(/the erasure of \S+ has begun, and the next millrace contacts erase continues it/);
    expect(await placesOf(conversations, [EVE.email])).toEqual([]);
    rmdirSync(file);
    renameSync(`${file}~aside`, file);
    const { code, output } = await erase(ADA.phone, "--yes");
    expect(code, output).toBe(0);
    expect(await placesOf(conversations, personalDataOf(ADA))).toEqual([]);
  });
});

describe("an erasure that is refused", () => {
  beforeAll(async () => {
    await open();
    await conversations.rows.rows(`update contacts set phone = '${SHARED_PHONE}'`);
  });
  afterAll(() => conversations.close());

  test("a contact with a file in another media store is not erased at all", async () => {
    const state = await everything();
    const words = ["erase", ADA.phone, "--yes", "--reason", "asked for it"];
    const { code, output } = await millraceContacts(conversations, words, S3);
    expect(code).toBe(1);
    expect(output).toContain("1 files of the contact are in the media store folder: set MEDIA_STORE to it");
    expect(await everything()).toEqual(state);
  });

  test("an erasure needs a reason, a confirmation and exactly one contact", async () => {
    const state = await everything();
    expect((await millraceContacts(conversations, ["erase", ADA.phone, "--yes"])).code).toBe(2);
    const exact = ["erase", ADA.phone, "--yes", "--reason", "asked for it", "--exact"];
    expect((await millraceContacts(conversations, exact)).code).toBe(2);
    expect(await erase(ADA.phone)).toMatchObject({ code: 1, output: expect.stringContaining("add --yes") });
    expect(await erase("15559999999", "--yes")).toMatchObject({
      code: 1,
      output: expect.stringContaining("no contact matches"),
    });
    expect(await erase(SHARED_PHONE, "--yes")).toMatchObject({
      code: 1,
      output: expect.stringContaining("several contacts"),
    });
    expect(await everything()).toEqual(state);
    const found = await millraceContacts(conversations, ["find", "quux", "--json"]);
    expect(JSON.parse(found.output)).toMatchObject([{ name: ADA.name, email: ADA.email }]);
  });
});

/** Rows without the quotation of the erased person's message, which the erasure removes. */
function withoutQuotation(rows: readonly object[]): unknown[] {
  return rows.map((row) => {
    const { contact, message } = row as { contact: unknown; message: Record<string, unknown> };
    const { payload, updated_at: _, reactions, reply_to: target, ...rest } = message;
    const { reply_to_message: quoted, ...left } = payload as Record<string, unknown>;
    return [contact, rest, left, Object.values(reactions as object), target === null, quoted === undefined].slice(0, 5);
  });
}
