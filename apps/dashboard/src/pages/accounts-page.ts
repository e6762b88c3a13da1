import { html } from "hono/html";
import type { AccountLine } from "@millrace/db";
import { errorMessage, type Html, table } from "./html.ts";
import { layout, type PageUser } from "./layout.ts";

type AccountsView = {
  user: PageUser;
  providers: readonly string[];
  accounts: readonly AccountLine[];
  /** The account to fill into the form. */
  account?: string | undefined;
  error?: string;
};

/** The page with the accounts and, for operators, the form that assigns one. */
export function accountsPage({ user, providers, accounts, account = "", error }: AccountsView): Html {
  return layout({
    title: "Accounts",
    user,
    body: html`<p class="dim">
        An account is a page, a phone number or a bot at a provider, and belongs to one tenant. <code>*</code> matches
        every account of the provider without a row of its own. Events of an unassigned account become dead letters:
        assign the account to a tenant, then replay them.
      </p>
      ${errorMessage(error)} ${user.role === "viewer" ? "" : assignForm(providers, tenantsOf(accounts), account)}
      ${
        accounts.length === 0
          ? html`<p>No accounts yet</p>`
          : table(
              ["Provider", "Account", "Tenant"],
              accounts.map(({ provider, externalId, tenant }) => [
                provider,
                externalId,
                tenant ?? html`<span class="bad">unassigned</span>`,
              ]),
            )
      }`,
  });
}

function assignForm(providers: readonly string[], tenants: readonly string[], account: string): Html {
  return html`<form method="post" action="/accounts">
    <label
      >Provider
      <select name="provider">
        ${providers.map((provider) => html`<option>${provider}</option>`)}
      </select></label
    >
    <label>Account id <input name="account" value="${account}" required maxlength="200" /></label>
    <label>Tenant <input name="tenant" list="tenants" required maxlength="200" /></label>
    <datalist id="tenants">${tenants.map((tenant) => html`<option>${tenant}</option>`)}</datalist>
    <label>Reason <input name="reason" maxlength="500" /></label>
    <button>Assign</button>
  </form>`;
}

function tenantsOf(accounts: readonly AccountLine[]): string[] {
  return [...new Set(accounts.map(({ tenant }) => tenant).filter((tenant) => tenant !== null))];
}
