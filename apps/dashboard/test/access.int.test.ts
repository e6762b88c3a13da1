import { createTestDatabase, queueStores, type TestDatabase } from "@millrace/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { basic, type DashboardServer, openDashboard, OPERATOR, QUEUE } from "./dashboard-server.ts";

describe.each(queueStores())("who gets in to the dashboard on $kind:", (store) => {
  let testDatabase: TestDatabase;
  let dashboard: DashboardServer;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
  });
  afterAll(() => testDatabase.drop());
  beforeEach(async () => {
    dashboard = await openDashboard(await store.url(testDatabase.url), testDatabase.url);
  });
  afterEach(() => dashboard.close());

  describe("sign-in:", () => {
    test.each(["/", "/api/queues", `/api/queues/${QUEUE}/1`, "/static/favicon.ico", "/no/such/page"])(
      "who has not signed in is told nothing at %s",
      async (path) => {
        const response = await dashboard.ask("GET", path, {});
        expect(response.status).toBe(401);
        // Otherwise browsers would ask for the password, and send it with other sites' requests too.
        expect(response.headers.get("www-authenticate")).toBeNull();
        expect(await response.json()).toEqual({ type: "about:blank", title: "Sign in", status: 401, error: "Sign in" });
      },
    );

    test.each([
      { ...OPERATOR, password: "wrong" },
      { ...OPERATOR, user: "wrong" },
      { ...OPERATOR, password: "" },
      { user: "", password: "" },
    ])("user and password must both be right: $user:$password is not", async (credentials) => {
      expect((await dashboard.ask("GET", "/api/queues", basic(credentials))).status).toBe(401);
    });

    test.each(["Basic", "Basic %%%", "Bearer grace", `Basic ${Buffer.from("grace").toString("base64")}`])(
      "a header that holds no user and password lets nobody in, and is no guess: %s",
      async (header) => {
        for (let index = 0; index < 12; index++)
          expect((await dashboard.ask("GET", "/api/queues", { Authorization: header })).status).toBe(401);
        expect((await dashboard.ask("GET", "/api/queues")).status).toBe(200);
      },
    );

    test("after ten wrong passwords the address waits out the minute, the right password included", async () => {
      const wrong = basic({ ...OPERATOR, password: "wrong" });
      for (let index = 0; index < 10; index++) expect((await dashboard.ask("GET", "/", wrong)).status).toBe(401);
      dashboard.pass(15_000);
      const throttled = await dashboard.ask("GET", "/");
      expect(throttled.status).toBe(429);
      expect(throttled.headers.get("retry-after")).toBe("45");
      dashboard.pass(45_000);
      expect((await dashboard.ask("GET", "/")).status).toBe(200);
      expect(dashboard.logged.text()).not.toContain("wrong");
    });

    test("asking without a password is no guess", async () => {
      for (let index = 0; index < 20; index++) await dashboard.ask("GET", "/", {});
      expect((await dashboard.ask("GET", "/")).status).toBe(200);
    });

    test("whether it is alive and ready is all that anyone may know", async () => {
      expect(await (await dashboard.ask("GET", "/livez", {})).json()).toEqual({ status: "alive" });
      expect(await (await dashboard.ask("GET", "/readyz", {})).json()).toEqual({ status: "ready" });
    });
  });

  describe("other sites:", () => {
    test.each([
      { "Sec-Fetch-Site": "cross-site" },
      { "Sec-Fetch-Site": "same-site", Origin: "http://other.example" },
      { Origin: "http://evil.example" },
      { Origin: "null" },
    ])("a change that another site's page asked for is refused: %j", async (headers) => {
      const response = await dashboard.ask("PUT", `/api/queues/${QUEUE}/pause`, { ...basic(OPERATOR), ...headers });
      expect(response.status).toBe(403);
      expect(await dashboard.queue.isPaused()).toBe(false);
    });

    test("a change that our own page asked for is made", async () => {
      await dashboard.ask("PUT", `/api/queues/${QUEUE}/pause`, { ...basic(OPERATOR), "Sec-Fetch-Site": "same-origin" });
      expect(await dashboard.queue.isPaused()).toBe(true);
      await dashboard.ask("PUT", `/api/queues/${QUEUE}/resume`, { ...basic(OPERATOR), Origin: dashboard.base });
      expect(await dashboard.queue.isPaused()).toBe(false);
    });

    test("the page loads nothing from elsewhere, is framed by nobody and kept by no cache", async () => {
      const page = await dashboard.ask("GET", "/");
      expect(await page.text()).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
      expect(Object.fromEntries(page.headers)).toMatchObject({
        "content-security-policy": expect.stringMatching(
          /^default-src 'none'; script-src 'self';.* form-action 'self'; frame-ancestors 'none'$/,
        ),
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cache-control": "no-store",
      });
      expect((await dashboard.ask("GET", "/api/queues")).headers.get("cache-control")).toBe("no-store");
    });
  });
});
