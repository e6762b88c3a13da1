import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  EVENT_VERSION,
  type InboundEvent,
  type ParsedEvent,
  systemNow,
  uuidv7,
  type Person,
  written,
} from "@millrace/core";
import { createDeadLetters, createInbox } from "@millrace/db";
import { integrations } from "@millrace/integrations";
import { queueCatalogue } from "@millrace/queue";
import { type CommandError, millrace } from "@millrace/testing/command";
import { createFollowUpQueue } from "../../src/follow-ups.ts";
import type { openConversationHarness } from "../harness/conversation-harness.ts";

type Conversations = Awaited<ReturnType<typeof openConversationHarness>>;

/** A person on every channel; each of their texts contains a word that no one else uses. */
export type TestPerson = { phone: string; telegram: number; name: string; email: string; word: string };

/** The texts that identify the person, also as the base64 in a message id. */
export function personalDataOf({ phone, telegram, name, email, word }: TestPerson): string[] {
  return [phone, String(telegram), name, email, word, Buffer.from(phone).toString("base64").slice(0, 12)];
}

const BOT_GROUP = -1_001_234_567;

/** A message id that contains the phone number, as WhatsApp's do. */
function wamid({ phone }: TestPerson): string {
  return `wamid.${Buffer.from(phone).toString("base64")}${randomUUID()}`;
}

/** The events of a WhatsApp message. */
export function onWhatsapp(
  { environment }: Pick<Conversations, "environment">,
  person: TestPerson,
  content: Record<string, unknown>,
): ParsedEvent[] {
  const { phone, name } = person;
  const timestamp = String(Math.floor(Date.now() / 1000));
  const value = {
    messaging_product: "whatsapp",
    metadata: { phone_number_id: environment["WHATSAPP_PHONE_NUMBER_ID"] },
    contacts: [{ wa_id: phone, profile: { name } }],
    messages: [{ id: wamid(person), from: phone, timestamp, ...content }],
  };
  const body = Buffer.from(JSON.stringify({ entry: [{ id: "1", changes: [{ field: "messages", value }] }] }));
  const request = {
    method: "POST",
    headers: {},
    url: "http://127.0.0.1:8080/",
    query: new URLSearchParams(),
    params: {},
    body,
  };
  return (
    integrations
      .find(({ id }) => id === "whatsapp")
      ?.webhooks(environment)
      .flatMap((webhook) => webhook.parse(request)) ?? []
  );
}

let updates = 500;

/** The event of a Telegram message. Its message id is the update id. */
export function onTelegram(person: TestPerson, content: Record<string, unknown>): ParsedEvent & { messageId: number } {
  const id = ++updates;
  const from = { id: person.telegram, is_bot: false, first_name: person.name };
  const chat = { id: person.telegram, first_name: person.name, type: "private" };
  const message = { message_id: id, from, chat, date: Math.floor(Date.now() / 1000), ...content };
  const payload = { bot: "bot", update: { update_id: id, message } };
  return { id: `update.bot.${id}`, kind: "message", payload, messageId: id };
}

/** The event of a message in a group that both people write in. */
export function inGroup(person: TestPerson, content: Record<string, unknown>) {
  return onTelegram(person, { chat: { id: BOT_GROUP, type: "supergroup", title: "Mill friends" }, ...content });
}

/** The event of a reaction in that group. */
export function reactionInGroup(person: TestPerson, messageId: number): ParsedEvent {
  const id = ++updates;
  const user = { id: person.telegram, is_bot: false, first_name: person.name };
  const chat = { id: BOT_GROUP, type: "supergroup" };
  const reaction = { chat, message_id: messageId, user, date: Math.floor(Date.now() / 1000), old_reaction: [] };
  const new_reaction = [{ type: "emoji", emoji: "👍" }];
  const update = { update_id: id, message_reaction: { ...reaction, new_reaction } };
  return { id: `update.bot.${id}`, kind: "message_reaction", payload: { bot: "bot", update } };
}

/**
 * Adds what the person's messages do not create: one contact for all channels, an email address, a lead, an unhandled
 * event, a dead letter, and a queued message.
 */
export async function addRecords({ database, backend, environment }: Conversations, person: TestPerson): Promise<void> {
  const { phone, telegram, name, email, word } = person;
  const inbox = createInbox(database, uuidv7);
  const followUpQueue = createFollowUpQueue(backend, systemNow);
  const event = eventOf({});
  const accountId = environment["WHATSAPP_PHONE_NUMBER_ID"] ?? "";
  const owner = { provider: "whatsapp", noun: "phone number", externalId: accountId };
  const contact: Person = {
    identities: [
      { channel: "telegram", externalId: String(telegram), stable: true },
      { channel: "whatsapp", externalId: phone, stable: false },
      { channel: "email", externalId: email, stable: true },
    ],
    profile: { name, email, phone, username: `user_${word}` },
  };
  const answers = { fullName: name, email, phone, answers: { wish: [word] }, consents: {} };
  const lead = { source: "Meta", externalId: randomUUID(), isTest: false, submittedAt: new Date() };
  const content = { type: "text", text: `Dear ${name}, ${word}` };
  const { followUps } = await inbox.applyOnce(
    event,
    written(
      {
        fact: "lead",
        owner,
        person: contact,
        lead: { ...lead, ...answers, payload: { field_data: [word, email] } },
      },
      {
        fact: "send_requested",
        to: { owner, channel: "whatsapp", accountId, threadId: undefined, kind: "direct", person: contact },
        at: new Date(),
        request: { messages: [{ id: uuidv7(), type: "text", body: content.text, content }] },
      },
    ),
  );
  await followUpQueue.enqueue(event, followUps);
  await followUpQueue.close();
  await inbox.applyOnce(eventOf({ from: phone, text: word }), { result: "unhandled", facts: [] });
  const dead = eventOf({ message: { from: { id: telegram }, text: word } });
  const job = { queue: "telegram-inbound", jobId: dead.id, eventId: dead.id, attempts: 1 };
  const end = { errorKind: "permanent", error: "broken", receivedAt: new Date(), failedAt: new Date() };
  await createDeadLetters(database, uuidv7).record({ ...dead, ...job, ...end });
}

function eventOf(payload: unknown): InboundEvent {
  const base = { v: EVENT_VERSION, integration: "test", kind: "test", correlationId: randomUUID() } as const;
  return { ...base, id: randomUUID(), receivedAt: new Date().toISOString(), payload };
}

/** Every column, queue and file that contains one of the texts. */
export async function placesOf(conversations: Conversations, texts: readonly string[]): Promise<string[]> {
  const places = [columnsWith(conversations, texts), queuesWith(conversations, texts)];
  const files = filesIn(conversations.mediaFolder).filter((path) => {
    const content = readFileSync(path).toString("latin1");
    return texts.some((text) => `${path} ${content}`.includes(text));
  });
  return [...(await Promise.all(places)).flat(), ...files];
}

async function columnsWith({ rows }: Conversations, texts: readonly string[]): Promise<string[]> {
  const columns = await rows.rows<{ name: string; column_name: string }>(
    `select quote_ident(table_schema) || '.' || quote_ident(table_name) as name, quote_ident(column_name) as column_name
     from information_schema.columns join information_schema.tables using (table_schema, table_name)
     where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`,
  );
  const patterns = texts.map((text) => `'%${text}%'`).join(", ");
  const searches = columns.map(
    ({ name, column_name }) =>
      `select '${name}.${column_name}' as place
       where exists (select from ${name} where ${column_name}::text ilike any (array[${patterns}]))`,
  );
  const found = await rows.rows<{ place: string }>(searches.join(" union all "));
  return found.map(({ place }) => place);
}

async function queuesWith({ backend }: Conversations, texts: readonly string[]): Promise<string[]> {
  const found = queueCatalogue(integrations).map(async ({ name }) => {
    const queue = backend.queue(name);
    const jobs = await queue.getJobs(["waiting", "prioritized", "delayed", "active", "failed", "completed"], 0, -1);
    await queue.close();
    return jobs.some((job) => texts.some((text) => JSON.stringify(job).includes(text))) ? [name] : [];
  });
  return (await Promise.all(found)).flat();
}

/** Every file in a folder and its subfolders. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
  );
}

/** Runs `millrace contacts …` in this process, with the variables that an operator's shell would have. */
export async function millraceContacts(
  { databaseUrl, queueUrl, mediaFolder }: Conversations,
  words: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<{ code: number; output: string }> {
  const environment = { DATABASE_URL: databaseUrl, QUEUE_URL: queueUrl, MEDIA_FOLDER: mediaFolder, ...variables };
  return millrace(["contacts", ...words], environment).then(
    (output) => ({ code: 0, output }),
    ({ code, stdout, message }: CommandError) => ({ code, output: stdout + message }),
  );
}
