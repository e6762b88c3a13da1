import { Hono } from "hono";
import { html } from "hono/html";
import type { NewId } from "@millrace/core";
import { type Database, assignAccount, listAccounts, type AccountLine } from "@millrace/db";
import { z } from "zod";
import type { DashboardEnv } from "../app.ts";
import { type Html, layout } from "./layout.ts";

/** What the page works with. */
export type SourcesParts = { database: Database; newId: NewId; providers: readonly string[] };

const text = (most: number) =>
  z
    .string()
    .trim()
    .min(1, "must not be empty")
    .max(most)
    .regex(/^[^\0]*$/, "must hold no NUL");

/** Whose is which page, number and bot, and a form to give one away. */
export function sourcesRoutes({ database, newId, providers }: SourcesParts): Hono<DashboardEnv> {
  const form = z.object({
    provider: z.enum(providers),
    account: text(200),
    tenant: text(200),
    reason: z.string().trim().max(500).optional(),
  });
  return new Hono<DashboardEnv>()
    .get("/sources", async (c) =>
      c.html(page(c.get("operator"), c.get("role"), providers, await listAccounts(database), c.req.query("account"))),
    )
    .post("/sources", async (c) => {
      const given = form.safeParse(await c.req.parseBody());
      if (!given.success) {
        const [issue] = given.error.issues;
        const complaint = `${issue?.path.join(".")}: ${issue?.message}`;
        const listed = await listAccounts(database);
        return c.html(page(c.get("operator"), c.get("role"), providers, listed, undefined, complaint), 400);
      }
      const { provider, account, tenant, reason } = given.data;
      const by = { actor: c.get("operator"), reason: reason === "" ? undefined : reason };
      await assignAccount(database, { provider, externalId: account, tenantName: tenant }, by, newId);
      return c.redirect("/sources", 303);
    });
}

function page(
  operator: string,
  role: DashboardEnv["Variables"]["role"],
  providers: readonly string[],
  listed: readonly AccountLine[],
  account = "",
  complaint?: string,
): Html {
  const tenants = [...new Set(listed.map(({ tenant }) => tenant).filter((tenant) => tenant !== null))];
  return layout({
    title: "Sources",
    operator,
    role,
    body: html`<p class="dim">
        Whose is which page, number and bot. <code>*</code> stands for every account that has no line of its own. Events
        of an account that is nobody's become dead letters: give it to a tenant, then replay them.
      </p>
      ${complaint === undefined ? "" : html`<p class="bad" role="alert">${complaint}</p>`}
      ${
        role === "viewer"
          ? ""
          : html`<form method="post" action="/sources">
              <label
                >Platform
                <select name="provider">
                  ${providers.map((provider) => html`<option>${provider}</option>`)}
                </select></label
              >
              <label>Page, number or bot <input name="account" value="${account}" required maxlength="200" /></label>
              <label>Tenant <input name="tenant" list="tenants" required maxlength="200" /></label>
              <datalist id="tenants">${tenants.map((tenant) => html`<option>${tenant}</option>`)}</datalist>
              <label>Why <input name="reason" maxlength="500" /></label>
              <button>Give</button>
            </form>`
      }
      <table>
        <thead>
          <tr>
            <th scope="col">Platform</th>
            <th scope="col">Page, number or bot</th>
            <th scope="col">Tenant</th>
          </tr>
        </thead>
        <tbody>
          ${listed.map(
            ({ provider, externalId, tenant }) =>
              html`<tr>
                <td data-label="Platform">${provider}</td>
                <td data-label="Account">${externalId}</td>
                <td data-label="Tenant">${tenant ?? html`<span class="bad">nobody's</span>`}</td>
              </tr>`,
          )}
        </tbody>
      </table>`,
  });
}
