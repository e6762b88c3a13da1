import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { useDatabase } from "../../test/use-database.ts";
import { providerAccounts, auditLog } from "../schema/index.ts";
import { assignAccounts, assignAccount, listAccounts, seedAccounts, accountStore, tenantStore } from "./accounts.ts";

const database = useDatabase(2);

test("an account's own row takes precedence over the provider's `*`, and a row without a tenant is rejected", async () => {
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

  const found: Record<string, string> = {};
  const accounts = accountStore(database.orm);
  for (const page of ["page-1", "page-9"])
    found[page] = await accounts.tenantOf({ provider: "meta", noun: "page", externalId: page });
  await expect(accounts.tenantOf({ provider: "meta", noun: "page", externalId: "page-2" })).rejects.toThrow(
    "no tenant owns page page-2",
  );
  await expect(accounts.tenantOf({ provider: "google", noun: "account", externalId: "7" })).rejects.toMatchObject({
    next: { kind: "permanent" },
  });
  expect(found).toEqual({ "page-1": tenantOf("page-1"), "page-9": tenantOf("*") });
  expect(tenantOf("page-1")).not.toBe(tenantOf("*"));
});

test("a tenant is found by its name, and the error of an unknown name does not contain the name", async () => {
  const assignment = { provider: "google", externalId: "1", tenantName: "Candlemaker" };
  await assignAccounts(database.orm, [assignment], uuidv7);
  const owner = await accountStore(database.orm).tenantOf({ provider: "google", noun: "account", externalId: "1" });
  expect(await tenantStore(database.orm).findByName("Candlemaker")).toBe(owner);
  await expect(tenantStore(database.orm).findByName("candlemaker")).rejects.toMatchObject({
    next: { kind: "permanent" },
    code: "no_tenant",
    message: expect.not.stringContaining("andlemaker") as string,
  });
});

test("seeding does not change the tenant of an assigned account", async () => {
  const seed = [
    { provider: "telegram", externalId: "bot-1", tenantName: undefined },
    { provider: "telegram", externalId: "bot-2", tenantName: "Sandbox" },
  ];
  await seedAccounts(database.orm, seed, uuidv7);
  await assignAccounts(database.orm, [{ provider: "telegram", externalId: "bot-1", tenantName: "Baker" }], uuidv7);
  await seedAccounts(database.orm, seed, uuidv7);
  const accounts = accountStore(database.orm);
  const [one, two] = [
    await accounts.tenantOf({ provider: "telegram", noun: "bot", externalId: "bot-1" }),
    await accounts.tenantOf({ provider: "telegram", noun: "bot", externalId: "bot-2" }),
  ];
  expect(one).not.toBe(two);
});

test("an assignment by an operator is recorded with the previous tenant", async () => {
  const assignment = { provider: "meta", externalId: "page-7" };
  await assignAccount(database, { ...assignment, tenantName: "Baker" }, { actor: "grace" }, uuidv7);
  await assignAccount(database, { ...assignment, tenantName: "Miller" }, { actor: "grace", reason: "sold" }, uuidv7);
  expect(await listAccounts(database)).toContainEqual({ ...assignment, tenant: "Miller" });
  const common = { actor: "grace", action: "account.assigned", subject: "meta/page-7" };
  expect(await database.orm.select().from(auditLog).orderBy(auditLog.id)).toMatchObject([
    { ...common, reason: null, before: null, after: { tenant: "Baker" } },
    { ...common, reason: "sold", before: { tenant: "Baker" }, after: { tenant: "Miller" } },
  ]);
});
