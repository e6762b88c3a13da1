import { html } from "hono/html";
import type { RecordedAuditEntry } from "@millrace/db";
import { redact } from "../redact.ts";
import { type Html, table, time } from "./html.ts";
import { layout, type PageUser } from "./layout.ts";

type Filters = { actor?: string | undefined; action?: string | undefined; subject?: string | undefined };

type AuditView = {
  user: PageUser;
  filters: Filters;
  entries: readonly RecordedAuditEntry[];
  /** Whether this is the first page, with the newest entries. */
  isFirst: boolean;
  /** Id of the last entry on this page when there is a next page. */
  olderThan: string | undefined;
};

/** The page with the audit log and its filters. */
export function auditPage({ user, filters, entries, isFirst, olderThan }: AuditView): Html {
  return layout({
    title: "Audit log",
    user,
    body: html`${filterForm(filters)} ${entries.length === 0 ? html`<p>${emptyText(filters)}</p>` : entryTable(entries)}
      <p>
        ${isFirst ? "" : html`<a href="${addressOf(filters)}">Newest entries</a>`}
        ${olderThan === undefined ? "" : html`<a href="${addressOf(filters, olderThan)}" rel="next">Older entries</a>`}
      </p>`,
  });
}

function filterForm({ actor, action, subject }: Filters): Html {
  const field = (name: string, label: string, value: string | undefined, placeholder = "") =>
    html`<label
      >${label}
      <input
        name="${name}"
        value="${value ?? ""}"
        placeholder="${placeholder}"
        autocapitalize="none"
        spellcheck="false"
    /></label>`;
  return html`<form method="get" action="/audit" role="search">
    ${field("actor", "Actor", actor)} ${field("action", "Action", action, "dead_letters.replayed")}
    ${field("subject", "Subject", subject, "id or account")}
    <button>Filter</button> <a href="/audit">Clear filters</a>
  </form>`;
}

function emptyText(filters: Filters): string {
  const isFiltered = Object.values(filters).some((value) => value !== undefined);
  return isFiltered ? "No audit entries match the filters" : "No audit entries yet";
}

function entryTable(entries: readonly RecordedAuditEntry[]): Html {
  return table(
    ["Time", "Actor", "Action", "Subject", "Reason", "Change"],
    entries.map(({ createdAt, actor, action, subject, reason, before, after }) => [
      time(createdAt),
      actor,
      html`<span class="name">${action}</span>`,
      subject,
      String(redact(reason ?? "")),
      changeDetails(before, after),
    ]),
  );
}

function changeDetails(before: unknown, after: unknown): Html | string {
  if (before === null && after === null) return "";
  const pretty = (value: unknown) => (value === null ? "(empty)" : JSON.stringify(redact(value), undefined, 2));
  return html`<details>
    <summary>Show before and after</summary>
    Before
    <pre>${pretty(before)}</pre>
    After
    <pre>${pretty(after)}</pre>
  </details>`;
}

/** The address of a page with these filters. Without a cursor it is the first page. */
function addressOf({ actor, action, subject }: Filters, before?: string): string {
  const parameters = Object.entries({ actor, action, subject, before }).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(parameters as [string, string][]).toString();
  return search === "" ? "/audit" : `/audit?${search}`;
}
