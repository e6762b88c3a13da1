import type { Context } from "hono";
import { html } from "hono/html";
import type { Role } from "@millrace/db";
import type { DashboardEnv } from "../http/hono-env.ts";
import type { Html } from "./html.ts";
import { ICON } from "./icon.ts";
import { LINKS } from "./links.ts";
import { STYLE } from "./style.ts";

/** The signed-in person who opens a page. */
export type PageUser = { operator: string; role: Role };

/** Returns the signed-in person of a request. */
export function pageUserOf(c: Context<DashboardEnv>): PageUser {
  return { operator: c.get("operator"), role: c.get("role") };
}

/** A complete page. Without a user, as on the sign-in page, it has no navigation. */
export function layout({ title, user, body }: { title: string; user?: PageUser; body: Html }): Html {
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
        ${user === undefined ? "" : header(user)}
        <main>
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html>`;
}

function header({ operator, role }: PageUser): Html {
  const links = [["/", "Queues"] as const, ...LINKS];
  return html`<header>
    <nav aria-label="Pages">${links.map(([path, label]) => html`<a href="${path}">${label}</a>`)}</nav>
    <span>${operator}${role === "viewer" ? " (viewer)" : ""}</span>
    <a href="/sign-out">Sign out</a>
  </header>`;
}
