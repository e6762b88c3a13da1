import { defaultQueueStore, tablesReadInFull, useLargeTables } from "@millrace/testing";
import { expect, test } from "vitest";
import { openDashboard } from "./dashboard-server.ts";

const database = useLargeTables();

test.each([
  "/api/queues",
  "/api/queues?activeQueue=dead-letters&status=latest",
  "/api/queues?activeQueue=dead-letters&status=failed&page=3",
  "/api/queues?activeQueue=dead-letters&status=completed",
  "/api/queues/dead-letters/dead.7",
  "/api/dead-letters",
  "/api/dead-letters?text=no%20such%20error",
  "/api/dead-letters?tenant=Mill&state=resolved",
  "/api/dead-letters/replays",
  "/replays",
  "/replays?preview=1&text=allowed%20list",
  "/replays?preview=1&queue=test-inbound",
  "/pauses",
  "/conversions",
  "/accounts",
  "/audit",
  "/audit?actor=ada",
])("%s reads no large table in full", async (path) => {
  const queueUrl = await defaultQueueStore().url(database.url);
  const open = async () => {
    const dashboard = await openDashboard(queueUrl, database.url);
    const { status } = await dashboard.request("GET", path);
    await dashboard.close();
    expect(status).toBe(200);
  };
  expect(await tablesReadInFull(database.url, open)).toEqual([]);
});
