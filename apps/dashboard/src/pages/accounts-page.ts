import { html } from "hono/html";
import type { ListedAccount } from "@millrace/db";
import { errorMessage, type Html, table } from "./html.ts";
import { layout, type PageUser } from "./layout.ts";

type AccountsView = {
  user: PageUser;
  providers: readonly string[];
  accounts: readonly ListedAccount[];
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
        An account is a page, a phone number, a bot or an ads account at a provider. It belongs to one tenant (a
        company). <code>*</code> means all accounts of the provider that are not in this list. Events of an unassigned
        account become dead letters: assign the account to a tenant, then replay them.
      </p>
      ${errorMessage(error)} ${user.role === "viewer" ? "" : assignForm(providers, tenantsOf(accounts), account)}
      ${
        accounts.length === 0
          ? html`<p>No accounts yet</p>`
          : table(
              ["Provider", "External id", "Tenant"],
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
    <label>External id <input name="account" value="${account}" required maxlength="200" /></label>
    <label>Tenant <input name="tenant" list="tenants" required maxlength="200" /></label>
    <datalist id="tenants">${tenants.map((tenant) => html`<option>${tenant}</option>`)}</datalist>
    <label>Reason <input name="reason" maxlength="500" /></label>
    <button>Assign</button>
  </form>`;
}

function tenantsOf(accounts: readonly ListedAccount[]): string[] {
  return [...new Set(accounts.map(({ tenant }) => tenant).filter((tenant) => tenant !== null))];
}
