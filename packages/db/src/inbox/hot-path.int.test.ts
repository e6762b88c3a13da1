import { connect, createServer, type Server } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Handled, type InboundEvent, systemNow, uuidv7, written } from "@millrace/core";
import { useTestDatabase } from "@millrace/testing";
import { type Database, openDatabase } from "../connection/database.ts";
import { createBatchedInbox } from "../batches/inbox/batched-inbox.ts";
import { createInbox } from "./inbox.ts";
import { assignAccounts } from "../accounts/accounts.ts";

const testDatabase = useTestDatabase();
let wire: Wire;
let database: Database;

beforeAll(async () => {
  wire = await openWire(testDatabase.url);
  database = openDatabase(testDatabase.url, { maxConnections: 4, name: "test" });
  await assignAccounts(database.orm, [{ provider: "whatsapp", externalId: "*", tenantName: "Mill" }], uuidv7);
  await database.close();
  database = openDatabase(wire.url, { maxConnections: 1, name: "test" });
});

afterAll(async () => {
  await database.close();
  wire.server.close();
});

test("an inbound text of a known contact takes seven round trips", async () => {
  const inbox = createInbox(database, uuidv7);
  // The first events create the contact and the conversation and prepare the statements.
  for (const id of ["wamid.1", "wamid.2", "wamid.3"]) await inbox.applyOnce(eventOf(id), textOf(id));
  const before = { turns: wire.turns(), statements: wire.statements() };
  await inbox.applyOnce(eventOf("wamid.4"), textOf("wamid.4"));
  // Begin, inbox and account together, contact, conversation, lock and message together, domain event, commit.
  expect(wire.statements() - before.statements).toBe(9);
  expect(wire.turns() - before.turns).toBe(7);
});

test("twenty texts of known contacts that arrive together take nine statements, as one text does", async () => {
  const failures: unknown[] = [];
  const none = { now: systemNow, media: new Set<string>(), formats: [], subscribers: [] };
  const inbox = createBatchedInbox(database, uuidv7, none, (error) => failures.push(error));
  const apply = (run: string) =>
    Promise.all(
      Array.from({ length: 20 }, (_, index) => `wamid.${run}.${index}`).map((id) =>
        inbox.applyOnce(eventOf(id), textOf(id)),
      ),
    );
  await inbox.applyOnce(eventOf("wamid.first"), textOf("wamid.first"));
  await apply("prepared");
  const before = wire.statements();
  await apply("counted");
  expect(failures).toEqual([]);
  // Begin, limit of waits, threads, claims, conversations, locks, messages, domain events, commit.
  expect(wire.statements() - before).toBe(9);
});

function eventOf(id: string): InboundEvent {
  const receivedAt = "2026-03-01T08:00:00.000Z";
  return {
    v: 1,
    integration: "whatsapp",
    id: `message.${id}`,
    kind: "message",
    correlationId: "c-1",
    receivedAt,
    payload: {},
  };
}

function textOf(id: string): Handled {
  const at = new Date("2026-03-01T08:00:00Z");
  return written({
    fact: "message",
    thread: {
      owner: { provider: "whatsapp", noun: "phone number", externalId: "1001" },
      channel: "whatsapp",
      accountId: "1001",
      threadId: undefined,
      kind: "direct",
      person: {
        identities: [
          { channel: "whatsapp", externalId: "31600000001", stable: false },
          { channel: "whatsapp", externalId: "NL.1", stable: true },
        ],
        profile: { name: "Ada", phone: "31600000001" },
      },
    },
    activity: { at, byUser: true },
    message: {
      externalId: id,
      ofContact: true,
      direction: "inbound",
      type: "text",
      body: "hello",
      sentAt: at,
      payload: { id },
      status: "received",
    },
  });
}

/** A proxy to Postgres that counts the round trips and the statements. */
type Wire = { url: string; server: Server; turns(): number; statements(): number };

async function openWire(databaseUrl: string): Promise<Wire> {
  const target = new URL(databaseUrl);
  let turns = 0;
  let statements = 0;
  const server = createServer((client) => {
    const postgres = connect(Number(target.port), target.hostname);
    let asking = false;
    client.on("data", (bytes) => {
      if (!asking) turns += 1;
      asking = true;
      postgres.write(bytes);
    });
    postgres.on("data", (bytes: Buffer) => {
      asking = false;
      // CommandComplete, one per statement: https://www.postgresql.org/docs/current/protocol-message-formats.html
      for (let at = 0; at + 5 <= bytes.length; at += 1 + bytes.readUInt32BE(at + 1)) {
        if (bytes[at] === 0x43) statements += 1;
      }
      client.write(bytes);
    });
    for (const [one, other] of [
      [client, postgres],
      [postgres, client],
    ] as const)
      one.on("close", () => other.destroy()).on("error", () => other.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const url = new URL(databaseUrl);
  url.hostname = "127.0.0.1";
  url.port = String(typeof address === "object" && address ? address.port : 0);
  return { url: url.href, server, turns: () => turns, statements: () => statements };
}
