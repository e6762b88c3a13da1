import { createTestDatabase, useTestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { basic, cookieOf, type DashboardServer, openDashboard, OPERATOR, QUEUE } from "./dashboard-server.ts";

const queueStore = useTestDatabase();
let dashboard: DashboardServer;
let cookie: { Cookie: string };

beforeAll(async () => {
  const database = await createTestDatabase();
  dashboard = await openDashboard(queueStore.url, database.url);
  cookie = cookieOf(await dashboard.signIn(OPERATOR));
  await database.drop();
});
afterAll(() => dashboard.close());

test("while Postgres is not available, a session receives 503 with Retry-After", async () => {
  const response = await dashboard.request("GET", "/api/queues", cookie);
  expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
  expect((await dashboard.request("GET", "/api/queues", basic({ ...OPERATOR, user: "ada" }))).status).toBe(503);
  expect((await dashboard.request("GET", "/readyz", {})).status).toBe(503);
});

test("while Postgres is not available, the built-in operator can sign in and changes are logged", async () => {
  expect((await dashboard.request("PUT", `/api/queues/${QUEUE}/pause`)).status).toBe(200);
  expect(await dashboard.queue.isPaused()).toBe(true);
  expect((await dashboard.request("GET", "/", basic({ ...OPERATOR, password: "wrong" }))).status).toBe(401);
  expect(dashboard.logged.lines().filter(({ msg }) => msg === "audit.write_failed")).toMatchObject([
    { level: "error", actor: OPERATOR.user, action: "queue.paused", subject: QUEUE, before: { paused: false } },
  ]);
});
