import { uuidv7 } from "@millrace/core";
import { createOperators } from "@millrace/db";
import { createTestDatabase, type TestDatabase } from "@millrace/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { cookieOf, type DashboardServer, openDashboard, OPERATOR, OWN_PAGE, setOperator } from "./dashboard-server.ts";

const HOUR = 3_600_000;
const ADA = { user: "ada", password: "a pass phrase of hers" };

let testDatabase: TestDatabase;
let dashboard: DashboardServer;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(() => testDatabase.drop());
beforeEach(async () => {
  dashboard = await openDashboard(testDatabase.url, testDatabase.url);
});
afterEach(() => dashboard.close());

const signedIn = async (credentials: typeof OPERATOR) => cookieOf(await dashboard.signIn(credentials));
const statusFor = async (cookie: Record<string, string>) => (await dashboard.ask("GET", "/api/queues", cookie)).status;

describe("the page:", () => {
  const browser = { Accept: "text/html,application/xhtml+xml" };

  test("a page that is asked for without a session leads to the sign-in and back", async () => {
    const turned = await dashboard.ask("GET", "/queue/probe-inbound?status=failed", browser);
    expect(turned.status).toBe(303);
    const location = turned.headers.get("location") ?? "";
    expect(location).toBe("/sign-in?next=%2Fqueue%2Fprobe-inbound%3Fstatus%3Dfailed");
    const page = await (await dashboard.ask("GET", location, browser)).text();
    expect(page).toContain('name="next" value="/queue/probe-inbound?status=failed"');
    for (const attribute of ['autocomplete="username"', 'autocomplete="current-password"', 'lang="en"', "viewport"])
      expect(page).toContain(attribute);
    const opened = await dashboard.signIn({ ...OPERATOR, next: "/queue/probe-inbound?status=failed" });
    expect([opened.status, opened.headers.get("location")]).toEqual([303, "/queue/probe-inbound?status=failed"]);
  });

  test("the API and changes answer 401 instead", async () => {
    expect((await dashboard.ask("GET", "/api/queues", browser)).status).toBe(401);
    expect((await dashboard.ask("PUT", "/", browser)).status).toBe(401);
  });

  test.each(["//evil.example", "https://evil.example/", "/\\evil.example", "/.//evil.example"])(
    "nobody is led away by %s",
    async (next) => {
      const page = await (await dashboard.ask("GET", `/sign-in?next=${encodeURIComponent(next)}`, {})).text();
      expect(page).toContain('name="next" value="/"');
      expect((await dashboard.signIn({ ...OPERATOR, next })).headers.get("location")).toBe("/");
    },
  );

  test("what was typed is shown again as text, without the password", async () => {
    const answer = await dashboard.signIn({ user: '"><script>alert(1)</script>', password: "wrong-and-secret" });
    expect(answer.status).toBe(401);
    const page = await answer.text();
    expect(page).toContain("The name or the password is wrong.");
    expect(page).not.toContain("<script>");
    expect(page).not.toContain("wrong-and-secret");
    expect(answer.headers.getSetCookie()).toEqual([]);
  });

  test.each([{}, { "Sec-Fetch-Site": "cross-site" }, { Origin: "http://evil.example" }, { Origin: "null" }])(
    "another site signs nobody in: %j",
    async (headers: Record<string, string>) => {
      const answer = await dashboard.signIn(OPERATOR, headers);
      expect(answer.status).toBe(403);
      expect(answer.headers.getSetCookie()).toEqual([]);
    },
  );

  test("a browser that sends no Sec-Fetch-Site proves itself by its Origin", async () => {
    expect((await dashboard.signIn(OPERATOR, { Origin: dashboard.base })).status).toBe(303);
  });
});

describe("the session:", () => {
  test("its cookie is for this host and no script, and by TLS alone where that is said", async () => {
    const [cookie] = (await dashboard.signIn(OPERATOR)).headers.getSetCookie();
    expect(cookie).toMatch(/^millrace=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/);
    const secure = await openDashboard(testDatabase.url, testDatabase.url, { secureCookies: true });
    const answer = await secure.signIn(OPERATOR);
    expect(answer.headers.getSetCookie()[0]).toMatch(
      /^__Host-millrace=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    expect((await secure.ask("GET", "/api/queues", cookieOf(answer))).status).toBe(200);
    await secure.close();
  });

  test("each sign-in has a token of its own, and the one before is good no more", async () => {
    const planted = { Cookie: "millrace=planted" };
    const opened = cookieOf(await dashboard.signIn(OPERATOR, { ...OWN_PAGE, ...planted }));
    expect(await statusFor(planted)).toBe(401);
    const again = cookieOf(await dashboard.signIn(OPERATOR, { ...OWN_PAGE, ...opened }));
    expect(again).not.toEqual(opened);
    expect([await statusFor(opened), await statusFor(again)]).toEqual([401, 200]);
  });

  test("it ends twelve hours after it was last used", async () => {
    const cookie = await signedIn(OPERATOR);
    for (let index = 0; index < 2; index++) {
      dashboard.pass(12 * HOUR - 1);
      expect(await statusFor(cookie)).toBe(200);
    }
    dashboard.pass(12 * HOUR);
    expect(await statusFor(cookie)).toBe(401);
  });

  test("it ends after a week, however much it is used", async () => {
    const cookie = await signedIn(OPERATOR);
    for (let hours = 0; hours < 7 * 24 - 8; hours += 8) {
      dashboard.pass(8 * HOUR);
      expect(await statusFor(cookie)).toBe(200);
    }
    dashboard.pass(8 * HOUR);
    expect(await statusFor(cookie)).toBe(401);
  });

  test("it ends at the sign-out, which needs our own page", async () => {
    const cookie = await signedIn(OPERATOR);
    expect((await dashboard.ask("POST", "/sign-out", {})).status).toBe(401);
    for (const headers of [{}, { "Sec-Fetch-Site": "cross-site" }])
      expect((await dashboard.ask("POST", "/sign-out", { ...cookie, ...headers } as never)).status).toBe(403);
    expect(await statusFor(cookie)).toBe(200);
    const answer = await dashboard.ask("POST", "/sign-out", { ...cookie, ...OWN_PAGE });
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "/sign-in"]);
    expect(answer.headers.getSetCookie()[0]).toMatch(/^millrace=; Max-Age=0; Path=\//);
    expect(await statusFor(cookie)).toBe(401);
  });

  test("it ends with its operator, with a new password, and with a new password in the environment", async () => {
    await setOperator(dashboard, { ...ADA, role: "operator" });
    const [removed, changed] = [await signedIn(ADA), await signedIn({ ...OPERATOR })];
    expect([await statusFor(removed), await statusFor(changed)]).toEqual([200, 200]);
    await createOperators(dashboard.database, uuidv7).remove(ADA.user, "test");
    expect([await statusFor(removed), await statusFor(changed)]).toEqual([401, 200]);

    await setOperator(dashboard, { ...ADA, role: "operator" });
    const old = await signedIn(ADA);
    await setOperator(dashboard, { ...ADA, password: "another pass phrase", role: "operator" });
    expect(await statusFor(old)).toBe(401);
    expect(await statusFor(await signedIn({ ...ADA, password: "another pass phrase" }))).toBe(200);
    expect((await dashboard.signIn(ADA)).status).toBe(401);

    const access = { builtIn: { ...OPERATOR, password: "a new one for all" } };
    const restarted = await openDashboard(testDatabase.url, testDatabase.url, access);
    expect((await restarted.ask("GET", "/api/queues", changed)).status).toBe(401);
    await restarted.close();
  });

  test.each(["Bearer of-a-proxy", `Basic ${Buffer.from("proxy:its password").toString("base64")}`])(
    "it is good with a header for a proxy in front, too: %s",
    async (Authorization) => {
      const cookie = await signedIn(OPERATOR);
      for (let index = 0; index < 12; index++) expect(await statusFor({ ...cookie, Authorization })).toBe(200);
      expect((await dashboard.signIn(OPERATOR)).status).toBe(303);
    },
  );

  test("nothing in the table or the log is what a browser or a person knows", async () => {
    await setOperator(dashboard, { ...ADA, role: "viewer" });
    const cookies = [await signedIn(ADA), await signedIn(OPERATOR)];
    await dashboard.signIn({ ...ADA, password: "nearly her phrase" });
    const rows = await dashboard.database.orm.query.operatorSessions.findMany();
    const kept = JSON.stringify([rows, await dashboard.database.orm.query.operators.findMany()]);
    for (const secret of [...cookies.map(({ Cookie }) => Cookie.slice(9)), ADA.password, OPERATOR.password]) {
      expect(secret.length).toBeGreaterThan(10);
      expect(kept).not.toContain(secret);
      expect(dashboard.logged.text()).not.toContain(secret);
    }
    expect(dashboard.logged.text()).not.toContain("nearly her phrase");
  });
});

describe("guessing:", () => {
  test("of many guesses at once no more is told than of ten one after the other", async () => {
    const guesses = Array.from({ length: 30 }, (_, index) =>
      dashboard.signIn({ ...OPERATOR, password: index === 29 ? OPERATOR.password : `guess ${index}` }),
    );
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(10);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(19);
  });
});
