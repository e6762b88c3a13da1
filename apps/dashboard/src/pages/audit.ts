import { Hono } from "hono";
import { html } from "hono/html";
import { z } from "zod";
import type { AuditLog, RecordedAuditEntry } from "@millrace/db";
import type { DashboardEnv } from "../app.ts";
import { problem } from "../problem.ts";
import { redact } from "../redact.ts";
import { type Html, layout } from "./layout.ts";

/** Actions on a page. */
const PAGE = 50;

/** An empty field of the form is no filter. */
const filter = z
  .string()
  .trim()
  .transform((text) => text || undefined)
  .optional();

const query = z.object({ actor: filter, action: filter, subject: filter, before: z.uuid().optional() });
type Query = z.output<typeof query>;

/** GET /audit: who did what, and why, newest first. */
export function auditRoutes(actions: AuditLog): Hono<DashboardEnv> {
  return new Hono<DashboardEnv>().get("/audit", async (c) => {
    const parsed = query.safeParse(c.req.query());
    if (!parsed.success) return problem(c, 400, "The address of this page is not one of ours");
    const asked = parsed.data;
    const found = await actions.list({ ...asked, limit: PAGE + 1 });
    const shown = found.slice(0, PAGE);
    const oldest = found.length > PAGE ? shown.at(-1) : undefined;
    const body = html`${form(asked)} ${shown.length === 0 ? html`<p>There is nothing.</p>` : table(shown)}
      <p>
        ${asked.before === undefined ? "" : html`<a href="${addressOf(asked, undefined)}">Newest</a>`}
        ${oldest === undefined ? "" : html`<a href="${addressOf(asked, oldest.id)}" rel="next">Older</a>`}
      </p>`;
    return c.html(layout({ title: "Audit", operator: c.get("operator"), role: c.get("role"), body }));
  });
}

function form({ actor, action, subject }: Query): Html {
  const field = (name: string, label: string, value: string | undefined) =>
    html`<label
      >${label} <input name="${name}" value="${value ?? ""}" autocapitalize="none" spellcheck="false"
    /></label>`;
  return html`<form method="get" action="/audit" role="search">
    ${field("actor", "Who", actor)} ${field("action", "What", action)} ${field("subject", "Subject", subject)}
    <button>Filter</button> <a href="/audit">All</a>
  </form>`;
}

function table(rows: readonly RecordedAuditEntry[]): Html {
  return html`<table>
    <thead>
      <tr>
        ${["When", "Who", "What", "Subject", "Why", "Change"].map((name) => html`<th scope="col">${name}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(row)}
    </tbody>
  </table>`;
}

function row({ createdAt, actor, action, subject, reason, before, after }: RecordedAuditEntry): Html {
  const at = createdAt.toISOString();
  return html`<tr>
    <td data-label="When"><time datetime="${at}">${at.slice(0, 19).replace("T", " ")} UTC</time></td>
    <td data-label="Who">${actor}</td>
    <td data-label="What">${action}</td>
    <td data-label="Subject">${subject}</td>
    <td data-label="Why">${redact(reason ?? "")}</td>
    <td data-label="Change">${change(before, after)}</td>
  </tr>`;
}

function change(before: unknown, after: unknown): Html | string {
  if (before === null && after === null) return "";
  const pretty = (value: unknown) => (value === null ? "nothing" : JSON.stringify(redact(value), undefined, 2));
  return html`<details>
    <summary>before, after</summary>
    <pre>${pretty(before)}</pre>
    <pre>${pretty(after)}</pre>
  </details>`;
}

/** The address of a page of the same filters. */
function addressOf({ actor, action, subject }: Query, before: string | undefined): string {
  const given = Object.entries({ actor, action, subject, before }).filter(([, value]) => value !== undefined);
  return given.length === 0 ? "/audit" : `/audit?${new URLSearchParams(given as [string, string][]).toString()}`;
}
