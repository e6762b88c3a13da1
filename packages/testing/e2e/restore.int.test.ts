import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  findRedisServer,
  freePort,
  openRows,
  type RowReader,
  startPostgres,
  startRedis,
  temporaryFolder,
  until,
} from "../src/servers/index.ts";
import { assignAccount } from "./assign-account.ts";
import { millrace } from "../src/command.ts";
import { startApp } from "./processes.ts";
import { deliver, secrets, textItem } from "./simulated-platform.ts";

const API_KEY = "key-of-the-restore-drill";

/** Longest time until the reconciler has brought back what the queue lost, in ms. */
const RECONCILED_MS = 150_000;

let folder: string;
const cleanUps: (() => unknown)[] = [];

beforeEach(() => {
  folder = temporaryFolder();
});

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts an app that the test ends. */
async function start(...args: Parameters<typeof startApp>) {
  const app = await startApp(...args);
  cleanUps.push(() => app.kill());
  return app;
}

/** Starts Postgres on a data folder, and an empty Redis where this machine has one. */
async function startStores(name: string) {
  const postgres = await startPostgres({ folder: join(folder, name), port: await freePort() });
  cleanUps.push(() => postgres.stop());
  const redis = findRedisServer() ? await startRedis({ port: await freePort() }) : undefined;
  cleanUps.push(() => redis?.stop());
  const rows = openRows(postgres.url);
  cleanUps.push(() => rows.close());
  return { postgres, redis, rows, variables: { DATABASE_URL: postgres.url, QUEUE_URL: redis?.url ?? postgres.url } };
}

function untilRows(rows: RowReader, what: string, condition: string, count: number, deadlineMs?: number) {
  return until(
    what,
    async () => {
      const found = await rows.rows(`select from messages where ${condition}`);
      return found.length === count;
    },
    deadlineMs,
  );
}

async function requestSend(ingestPort: number, text: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${ingestPort}/api/integrations/whatsapp/send`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${API_KEY}`,
      "idempotency-key": "restore-drill",
    },
    body: JSON.stringify({ to: { phone: "+4917000000000" }, message: { type: "text", text } }),
  });
  expect(response.status).toBe(202);
}

test("2, 3, 15: after a restore of a backup into an empty server, redelivered events take effect once and unsent messages are sent", async () => {
  const before = await startStores("before");
  const common = { ...secrets, API_KEYS: API_KEY, N8N_WEBHOOK_ENABLED: "false", WHATSAPP_PHONE_NUMBER_ID: "777" };
  const environment = { ...common, ...before.variables };
  await millrace(["migrate"], environment);
  await assignAccount(before.rows, "whatsapp", "*");
  const nowhere = { WHATSAPP_BASE_URL: `http://127.0.0.1:${await freePort()}` };
  const [ingest, sandbox, worker] = await Promise.all([
    start("ingest", environment),
    start("sandbox", environment),
    start("worker", { ...environment, ...nowhere }),
  ]);
  const sandboxUrl = `http://127.0.0.1:${sandbox.port}`;
  const sending = { WHATSAPP_BASE_URL: `${sandboxUrl}/graph/v26.0` };

  // Ten messages arrive. A message to send waits, because its provider does not answer.
  const now = Math.floor(Date.now() / 1000);
  const items = Array.from({ length: 20 }, (_, index) => {
    const item = textItem(index);
    return { ...item, value: { ...(item.value as object), timestamp: String(now) } };
  });
  expect(await deliver(`http://127.0.0.1:${ingest.port}`, items.slice(0, 10))).toBe(true);
  await untilRows(before.rows, "ten messages arrived", "direction = 'inbound'", 10);
  await requestSend(ingest.port, "accepted before the backup");
  // With an attempt that is not over, the restored worker would wait a minute for WhatsApp to report it.
  await untilRows(before.rows, "the provider is away", "status = 'sending' and attempted_at is null", 1);

  // The backup is a copy of the data of a stopped server. Meanwhile the apps wait for Postgres.
  await before.postgres.stop();
  mkdirSync(join(folder, "after"));
  execFileSync("cp", ["-a", before.postgres.dataFolder, join(folder, "after")]);

  // Afterwards everything is lost: Postgres, Redis and the apps.
  await worker.kill();
  await ingest.kill();
  await before.redis?.stop();

  const after = await startStores("after");
  const restored = { ...common, ...after.variables };
  await millrace(["migrate"], restored);
  const [restoredIngest] = await Promise.all([start("ingest", restored), start("worker", { ...restored, ...sending })]);
  // The platform delivers all events again: those of before the backup, and those that it lacks.
  expect(await deliver(`http://127.0.0.1:${restoredIngest.port}`, items)).toBe(true);
  await untilRows(after.rows, "all messages arrived once", "direction = 'inbound'", 20);
  await untilRows(
    after.rows,
    "the message is sent",
    "external_id is not null and direction = 'outbound'",
    1,
    RECONCILED_MS,
  );
  const sent = (await (await fetch(`${sandboxUrl}/_sent`)).json()) as { text: string }[];
  expect(sent.map(({ text }) => text)).toEqual(["accepted before the backup"]);
  const { integrations } = JSON.parse(await millrace(["status", "--json"], restored)) as {
    integrations: { whatsapp: Record<string, number> };
  };
  expect(integrations.whatsapp).toMatchObject({ waiting: 0, inFlight: 0, dead: 0 });
}, 240_000);
