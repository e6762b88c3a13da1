import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase, findChromium, openRows, type TestDatabase, until } from "../src/index.ts";
import { startBrowser } from "./browser.ts";
import { secrets } from "./platform.ts";
import { type AppProcess, millrace, startApp } from "./processes.ts";

const PASSWORD = "correct-horse-battery";

describe.runIf(findChromium())("an operator in a browser", () => {
  const apps: AppProcess[] = [];
  let database: TestDatabase;
  let rows: ReturnType<typeof openRows>;
  let browser: Browser;
  let page: Page;
  let base: string;
  let environment: Record<string, string>;

  beforeAll(async () => {
    database = await createTestDatabase();
    rows = openRows(database.url);
    environment = { ...secrets, DATABASE_URL: database.url, DASHBOARD_PASSWORD: PASSWORD, LOG_LEVEL: "warn" };
    await millrace(["migrate"], environment);
    const start = async (name: Parameters<typeof startApp>[0]) => {
      const app = await startApp(name, environment);
      apps.push(app);
      return app.port;
    };
    const sandbox = await start("sandbox");
    environment["GRAPH_BASE_URL"] = `http://127.0.0.1:${sandbox}/graph/v26.0`;
    environment["INGEST_PORT"] = String(await start("ingest"));
    await start("worker");
    base = `http://127.0.0.1:${await start("dashboard")}`;
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    for (const app of apps) await app.kill();
    await rows.close();
    await database.drop();
  });
  afterEach(async () => {
    await page.context().close();
    await rows.rows(
      "truncate millrace.dead_letters, millrace.webhook_events, millrace.replays, millrace.audit_log, millrace.provider_accounts, leads cascade",
    );
  });

  async function open(viewport = { width: 1280, height: 900 }): Promise<void> {
    const context = await browser.newContext({ viewport });
    page = await context.newPage();
    page.setDefaultTimeout(15_000);
  }
  async function fillIn(user: string, password: string): Promise<void> {
    await page.goto(base);
    await page.getByLabel("Name").fill(user);
    await page.getByLabel("Password").fill(password);
    await page.keyboard.press("Enter");
  }
  async function signIn(user = "operator", password = PASSWORD): Promise<void> {
    await fillIn(user, password);
    await page.waitForURL(`${base}/`);
  }
  /** Leads of a page that is nobody's. */
  async function die(count: number): Promise<void> {
    for (let index = 0; index < count; index++) await millrace(["send", "meta-leads", "broken-page"], environment);
    await until("they are dead", async () => (await states()).filter((state) => state === "dead").length === count);
  }
  const states = async () =>
    (await rows.rows<{ state: string }>("select state from millrace.dead_letters order by id")).map(
      ({ state }) => state,
    );

  test("a lead whose page is nobody's: sees why, gives the page to a tenant, replays it, and the audit shows it", async () => {
    await die(1);
    await open();
    await fillIn("operator", "wrong");
    expect(await page.getByRole("alert").textContent()).toContain("wrong");
    await signIn();
    await page.getByRole("link", { name: "dead-letters" }).first().click();
    await page.getByText("no tenant owns page 300000000000009").first().waitFor();

    await page.goto(`${base}/sources`);
    await page.getByLabel("Platform").selectOption("meta");
    await page.getByLabel("Page, number or bot").fill("300000000000009");
    await page.getByLabel("Tenant").fill("Mill");
    await page.getByLabel("Why").fill("Ada owns it");
    await page.keyboard.press("Enter");
    await page.getByRole("cell", { name: "Mill", exact: true }).waitFor();

    await page.goto(`${base}/queue/dead-letters?status=failed`);
    await page.locator('ul[class^="jobActions"] button:has(.lucide-refresh-cw)').click();
    await page.getByRole("button", { name: "Confirm" }).click();
    await until("the lead is there", async () => (await rows.rows("select 1 from leads")).length === 1);
    expect(await states()).toEqual(["resolved"]);

    await page.goto(`${base}/audit`);
    for (const told of ["integration.given", "Ada owns it", "dead_letters.replayed"])
      await page.getByText(told).first().waitFor();
  });

  test("many at once: which they are, replayed, watched, and stopped by itself when the first dies again", async () => {
    await die(3);
    await open();
    await signIn();
    await page.goto(`${base}/replays`);
    await page.getByLabel("Part of the error").fill("no lead source");
    await page.getByRole("button", { name: "Which are these?" }).click();
    await page.getByRole("heading", { name: "3 dead letters" }).waitFor();
    await page.getByRole("button", { name: "Replay 3" }).click();
    await page.getByText("stopped: 1 of the last 1 died again").waitFor();
    expect(await states()).toEqual(["dead", "dead", "dead"]);
    await millrace(["accounts", "add", "Mill", "meta", "300000000000009"], environment);
    await page.goto(`${base}/replays?preview=1`);
    await page.getByRole("button", { name: "Replay 3" }).click();
    await page.getByText("3 resolved, 0 died again").waitFor();
    expect(await rows.rows("select 1 from leads")).toHaveLength(3);
  });

  test("the same on the command line", async () => {
    await open();
    await die(1);
    const listed = JSON.parse(await millrace(["dead-letters", "list", "--json"], environment));
    expect(listed).toMatchObject({ deadLetters: [{ error: "no tenant owns page 300000000000009" }] });
    await millrace(["accounts", "add", "Mill", "meta", "300000000000009"], environment);
    const dry = JSON.parse(await millrace(["dead-letters", "replay", "--all", "--dry-run", "--json"], environment));
    expect(dry).toMatchObject({ dryRun: true, letters: 1 });
    const [{ id }] = listed.deadLetters;
    const told = await millrace(["dead-letters", "replay", id, "--reason", "mended", "--json"], environment);
    expect(JSON.parse(told)).toMatchObject({ replay: { state: "done", progress: { resolved: 1 } } });
    expect(await rows.rows("select reason from millrace.audit_log where action = 'dead_letters.replayed'")).toEqual([
      { reason: "mended" },
    ]);
    expect(JSON.parse(await millrace(["dead-letters", "show", id, "--json"], environment))).toMatchObject({
      state: "resolved",
    });
  });

  test("a telephone and a keyboard are enough", async () => {
    await die(1);
    await open({ width: 390, height: 800 });
    await page.goto(base);
    // The page puts the cursor there itself, once it is drawn.
    await page.locator("[name=user]:focus").waitFor();
    await page.keyboard.type("operator");
    await page.keyboard.press("Tab");
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press("Enter");
    await page.waitForURL(`${base}/`);
    for (const path of ["/replays?preview=1", "/conversions", "/sources", "/audit"]) {
      await page.goto(`${base}${path}`);
      const wide = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth");
      expect(wide, path).toBeLessThanOrEqual(0);
    }
    await page.goto(`${base}/queue/dead-letters?status=failed`);
    await page.locator('ul[class^="jobActions"] button:has(.lucide-trash-2)').first().waitFor();
    await page.goto(`${base}/replays?preview=1`);
    const replay = page.getByRole("button", { name: "Replay 1" });
    for (let steps = 0; steps < 40 && !(await replay.evaluate((button) => button.matches(":focus"))); steps++)
      await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByText("0 resolved, 1 died again").waitFor();
  });

  test("a viewer sees what an operator sees, and no button that changes anything", async () => {
    await die(1);
    await open();
    await signIn();
    await page.goto(`${base}/queue/dead-letters?status=failed`);
    await page.locator('ul[class^="jobActions"] button').first().waitFor();
    await page.context().clearCookies();
    await millrace(["operators", "add", "ada", "--role", "viewer"], environment, "a-viewers-password\n");
    await signIn("ada", "a-viewers-password");
    await page.goto(`${base}/queue/dead-letters?status=failed`);
    await page.getByText("no tenant owns page").first().waitFor();
    expect(await page.locator('ul[class^="jobActions"] button:visible').count()).toBe(0);
    await page.goto(`${base}/replays?preview=1`);
    expect(await page.getByRole("button", { name: /^Replay|^Discard/ }).count()).toBe(0);
    await page.goto(`${base}/sources`);
    expect(await page.getByRole("button", { name: "Give" }).count()).toBe(0);
  });
});
