import { createTestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { basic, cookieOf, type DashboardServer, openDashboard, OPERATOR, QUEUE } from "./dashboard-server.ts";

let dashboard: DashboardServer;
let cookie: { Cookie: string };
let dropQueue: () => Promise<void>;

beforeAll(async () => {
  const [queueStore, database] = [await createTestDatabase(), await createTestDatabase()];
  dropQueue = queueStore.drop;
  dashboard = await openDashboard(queueStore.url, database.url);
  cookie = cookieOf(await dashboard.signIn(OPERATOR));
  await database.drop();
});
afterAll(async () => {
  await dashboard.close();
  await dropQueue();
});

test("while Postgres is away sessions wait and say so", async () => {
  const response = await dashboard.ask("GET", "/api/queues", cookie);
  expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
  expect((await dashboard.ask("GET", "/api/queues", basic({ ...OPERATOR, user: "ada" }))).status).toBe(503);
  expect((await dashboard.ask("GET", "/readyz", {})).status).toBe(503);
});

test("the operator of the environment gets in all the same, and what is changed then is in the log", async () => {
  expect((await dashboard.ask("PUT", `/api/queues/${QUEUE}/pause`)).status).toBe(200);
  expect(await dashboard.queue.isPaused()).toBe(true);
  expect((await dashboard.ask("GET", "/", basic({ ...OPERATOR, password: "wrong" }))).status).toBe(401);
  expect(dashboard.logged.lines().filter(({ msg }) => msg === "audit.write_failed")).toMatchObject([
    { level: "error", actor: OPERATOR.user, action: "queue.paused", subject: QUEUE, before: { paused: false } },
  ]);
});
