import { afterAll, beforeAll, expect, test } from "vitest";
import { listAccounts } from "@millrace/db";
import { useTestDatabase } from "@millrace/testing";
import { basic, type DashboardServer, openDashboard, OPERATOR, WITHOUT_ACCOUNTS } from "./dashboard-server.ts";

const database = useTestDatabase();
let dashboard: DashboardServer;

beforeAll(async () => {
  dashboard = await openDashboard(database.url, database.url);
});
afterAll(() => dashboard.close());

const assign = (provider: string) =>
  fetch(`${dashboard.base}/accounts`, {
    method: "POST",
    redirect: "manual",
    headers: basic(OPERATOR),
    body: new URLSearchParams({ provider, account: "1", tenant: "Mill" }),
  });

test("the form offers only the integrations that have accounts", async () => {
  const page = await (await dashboard.request("GET", "/accounts")).text();
  expect([...page.matchAll(/<option>([^<]*)</g)].map(([, provider]) => provider)).toEqual(["test"]);
});

test("an account of an integration without accounts cannot be assigned", async () => {
  expect((await assign(WITHOUT_ACCOUNTS)).status).toBe(400);
  expect(await listAccounts(dashboard.database)).toEqual([]);
  expect((await assign("test")).status).toBe(303);
  expect(await listAccounts(dashboard.database)).toEqual([{ provider: "test", externalId: "1", tenant: "Mill" }]);
});
