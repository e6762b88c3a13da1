import { html } from "hono/html";
import type { AuthenticationMethod } from "../http/hono-env.ts";
import type { Html } from "./html.ts";
import { layout, type PageUser } from "./layout.ts";

/** The sign-out page. Only a session can be ended here; a proxy has a sign-out of its own. */
export function signOutPage({ authenticatedBy, ...user }: PageUser & { authenticatedBy: AuthenticationMethod }): Html {
  const body =
    authenticatedBy === "session"
      ? html`<form method="post" action="/sign-out"><button>Sign out</button></form>`
      : html`<p>You have no session on this dashboard. If a proxy signed you in, sign out at the proxy.</p>`;
  return layout({ title: "Sign out", user, body });
}
