import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { createTestDatabase, type TestDatabase } from "@millrace/testing";
import { type Database, openDatabase } from "../connection/database.ts";
import { migrateDatabase } from "../connection/migrate.ts";
import { providerAccounts, auditLog } from "../schema/index.ts";
import { assignAccounts, assignAccount, listAccounts, seedAccounts, accountStore, tenantStore } from "./accounts.ts";

let testDatabase: TestDatabase;
let database: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openDatabase(testDatabase.url, { maxConnections: 2, name: "test" });
  await migrateDatabase(database);
});

afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

test("an account of its own row beats the provider's `*`, and a row without a tenant refuses", async () => {
  const assignments = [
    { provider: "meta", externalId: "*", tenantName: "Everybody" },
    { provider: "meta", externalId: "page-1", tenantName: "Baker" },
    { provider: "meta", externalId: "page-2", tenantName: undefined },
  ];
  await assignAccounts(database.orm, assignments, uuidv7);
  await assignAccounts(database.orm, assignments, uuidv7);
  const rows = await database.orm.select().from(providerAccounts).where(eq(providerAccounts.provider, "meta"));
  const tenantOf = (externalId: string) => rows.find((row) => row.externalId === externalId)?.tenantId;
  expect(rows).toHaveLength(3);

  const asked: Record<string, string> = {};
  const sources = accountStore(database.orm);
  for (const page of ["page-1", "page-9"]) asked[page] = await sources.tenantOf("meta", "page", page);
  await expect(sources.tenantOf("meta", "page", "page-2")).rejects.toThrow("no tenant owns page page-2");
  await expect(sources.tenantOf("google", "account", "7")).rejects.toMatchObject({ next: { kind: "permanent" } });
  expect(asked).toEqual({ "page-1": tenantOf("page-1"), "page-9": tenantOf("*") });
  expect(tenantOf("page-1")).not.toBe(tenantOf("*"));
});

test("a tenant is found by its name, and a name that nobody has dies without being told", async () => {
  const source = { provider: "google", externalId: "1", tenantName: "Candlemaker" };
  await assignAccounts(database.orm, [source], uuidv7);
  const owner = await accountStore(database.orm).tenantOf("google", "account", "1");
  expect(await tenantStore(database.orm).findByName("Candlemaker")).toBe(owner);
  await expect(tenantStore(database.orm).findByName("candlemaker")).rejects.toMatchObject({
    next: { kind: "permanent" },
    code: "no_tenant",
    message: expect.not.stringContaining("andlemaker") as string,
  });
});

test("an account that somebody was given stays theirs when it is seeded again", async () => {
  const seed = [
    { provider: "telegram", externalId: "bot-1", tenantName: undefined },
    { provider: "telegram", externalId: "bot-2", tenantName: "Sandbox" },
  ];
  await seedAccounts(database.orm, seed, uuidv7);
  await assignAccounts(database.orm, [{ provider: "telegram", externalId: "bot-1", tenantName: "Baker" }], uuidv7);
  await seedAccounts(database.orm, seed, uuidv7);
  const sources = accountStore(database.orm);
  const [one, two] = [
    await sources.tenantOf("telegram", "bot", "bot-1"),
    await sources.tenantOf("telegram", "bot", "bot-2"),
  ];
  expect(one).not.toBe(two);
});

test("an account that a person gives away is written down with whose it was", async () => {
  const source = { provider: "meta", externalId: "page-7" };
  await assignAccount(database, { ...source, tenantName: "Baker" }, { actor: "grace" }, uuidv7);
  await assignAccount(database, { ...source, tenantName: "Miller" }, { actor: "grace", reason: "sold" }, uuidv7);
  expect(await listAccounts(database)).toContainEqual({ ...source, tenant: "Miller" });
  const common = { actor: "grace", action: "account.assigned", subject: "meta/page-7" };
  expect(await database.orm.select().from(auditLog).orderBy(auditLog.id)).toMatchObject([
    { ...common, reason: null, before: null, after: { tenant: "Baker" } },
    { ...common, reason: "sold", before: { tenant: "Baker" }, after: { tenant: "Miller" } },
  ]);
});
