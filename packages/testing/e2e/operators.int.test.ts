import { expect, test } from "vitest";
import { createTestDatabase } from "../src/index.ts";
import { millrace, startApp } from "./processes.ts";

const PASSWORD = "a pass phrase: of hers";

test("whom millrace operators adds gets in to the dashboard, and no more once removed", async () => {
  const database = await createTestDatabase();
  const environment = {
    DATABASE_URL: database.url,
    DASHBOARD_PASSWORD: "correct horse battery",
    NODE_ENV: "production",
  };
  await millrace(["migrate"], environment);
  const dashboard = await startApp("dashboard", environment);
  const status = async (password: string) => {
    const headers = { Authorization: `Basic ${Buffer.from(`ada:${password}`).toString("base64")}` };
    return (await fetch(`http://127.0.0.1:${dashboard.port}/api/queues`, { headers })).status;
  };
  try {
    await expect(millrace(["operators", "add", "ada"], environment, "too short\n")).rejects.toThrow("12 characters");
    expect(await status(PASSWORD)).toBe(401);

    await millrace(["operators", "add", "ada", "--role", "operator"], environment, `${PASSWORD}\nnot read\n`);
    expect(await status(PASSWORD)).toBe(200);
    await millrace(["operators", "add", "ada"], environment, `${PASSWORD}, changed`);
    expect([await status(PASSWORD), await status(`${PASSWORD}, changed`)]).toEqual([401, 200]);
    const listed = await millrace(["operators", "list", "--json"], environment);
    expect(JSON.parse(listed)).toMatchObject([{ name: "ada", role: "operator" }]);
    expect(listed).not.toContain("argon2");

    await millrace(["operators", "remove", "ada"], environment);
    expect(await status(`${PASSWORD}, changed`)).toBe(401);
    expect(dashboard.output()).not.toContain(PASSWORD);
    expect(await dashboard.stop()).toBe(0);
  } finally {
    await dashboard.kill();
    await database.drop();
  }
}, 120_000);
