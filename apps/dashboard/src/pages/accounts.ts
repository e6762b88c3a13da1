import { Hono } from "hono";
import type { NewId } from "@millrace/core";
import { assignAccount, type Database, listAccounts } from "@millrace/db";
import { z } from "zod";
import type { DashboardEnv } from "../http/hono-env.ts";
import { accountsPage } from "./accounts-page.ts";
import { pageUserOf } from "./layout.ts";

/** Dependencies of {@link accountsRoutes}. */
export type AccountsDeps = { database: Database; newId: NewId; providers: readonly string[] };

const text = z
  .string()
  .trim()
  .min(1, "must not be empty")
  .max(200)
  .regex(/^[^\0]*$/, "must not contain NUL");

/** /accounts: the accounts at the providers with their tenants, and a form that assigns an account to a tenant. */
export function accountsRoutes({ database, newId, providers }: AccountsDeps): Hono<DashboardEnv> {
  const assignment = z.object({
    provider: z.enum(providers),
    account: text,
    tenant: text,
    reason: z.string().trim().max(500).optional(),
  });
  return new Hono<DashboardEnv>()
    .get("/accounts", async (c) => {
      const accounts = await listAccounts(database);
      return c.html(accountsPage({ user: pageUserOf(c), providers, accounts, account: c.req.query("account") }));
    })
    .post("/accounts", async (c) => {
      const form = assignment.safeParse(await c.req.parseBody());
      if (!form.success) {
        const [issue] = form.error.issues;
        const error = `${issue?.path.join(".")}: ${issue?.message}`;
        const accounts = await listAccounts(database);
        return c.html(accountsPage({ user: pageUserOf(c), providers, accounts, error }), 400);
      }
      const { provider, account, tenant, reason } = form.data;
      const by = { actor: c.get("operator"), reason: reason === "" ? undefined : reason };
      await assignAccount(database, { provider, externalId: account, tenantName: tenant }, by, newId);
      return c.redirect("/accounts", 303);
    });
}
