import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import type { Role } from "@millrace/db";
import { ICON } from "./icon.ts";
import { STYLE } from "./style.ts";

/** What `html` makes: text in which all that was put in is escaped. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** Pages that each page links to, the board first. */
const LINKS = [
  ["/", "Board"],
  ["/replays", "Replays"],
  ["/conversions", "Conversions"],
  ["/sources", "Sources"],
  ["/audit", "Audit"],
] as const;

/** A whole page of the dashboard. `operator` and `role` are of who looks at it; without them nobody has signed in. */
export function layout({
  title,
  operator,
  role,
  body,
}: {
  title: string;
  operator?: string;
  role?: Role;
  body: Html;
}): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} - Millrace</title>
        <link rel="icon" href="${ICON}" />
        ${STYLE}
      </head>
      <body>
        ${operator === undefined ? "" : header(operator, role)}
        <main>
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html>`;
}

function header(operator: string, role: Role | undefined): Html {
  return html`<header>
    <nav aria-label="Pages">${LINKS.map(([path, name]) => html`<a href="${path}">${name}</a>`)}</nav>
    <span>${operator}${role === "viewer" ? " (looks only)" : ""}</span>
    <a href="/sign-out">Sign out</a>
  </header>`;
}
