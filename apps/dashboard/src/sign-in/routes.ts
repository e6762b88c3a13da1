import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { html } from "hono/html";
import type { Logger } from "@millrace/core";
import type { DashboardEnv } from "../app.ts";
import { layout } from "../pages/layout.ts";
import { signInPage } from "../pages/sign-in.ts";
import { problem } from "../problem.ts";
import { localPath } from "./local-path.ts";
import type { PasswordCheck } from "./password-check.ts";
import { sameOrigin } from "./same-origin.ts";
import type { Sessions } from "./sessions.ts";
import { callerAddress, type TrustedProxies } from "./trusted-proxy.ts";

/** Largest form, in bytes. */
const MAX_FORM_BYTES = 16_384;

/** The sign-in. `sameOrigin` keeps other sites from signing a person in as somebody else. */
export function signInRoutes(
  checkPassword: PasswordCheck,
  proxies: TrustedProxies | undefined,
  sessions: Sessions,
  log: Logger,
): Hono<DashboardEnv> {
  const limit = bodyLimit({ maxSize: MAX_FORM_BYTES, onError: (c) => problem(c, 413, "Too much for a sign-in") });
  return new Hono<DashboardEnv>()
    .get("/sign-in", (c) => c.html(signInPage({ next: localPath(c.req.query("next")) })))
    .post("/sign-in", sameOrigin, limit, async (c) => {
      const form = await c.req.parseBody();
      const [user, password, next] = [form["user"], form["password"], form["next"]].map((field) =>
        typeof field === "string" ? field : "",
      ) as [string, string, string];
      const { account, waitSeconds } = await checkPassword(callerAddress(c.env.incoming, proxies), user, password);
      if (account) {
        await sessions.open(c, account);
        log.info({ who: account.name }, "sign_in.opened");
        return c.redirect(localPath(next), 303);
      }
      const page = (complaint: string) => signInPage({ next: localPath(next), user, complaint });
      if (waitSeconds === 0) return c.html(page("The name or the password is wrong."), 401);
      c.header("Retry-After", String(waitSeconds));
      return c.html(page(`Too many wrong passwords. Try again in ${waitSeconds} s.`), 429);
    });
}

/** The sign-out, for those who are signed in. */
export function signOutRoutes(sessions: Sessions, log: Logger): Hono<DashboardEnv> {
  return new Hono<DashboardEnv>()
    .get("/sign-out", (c) => {
      const body =
        c.get("provenBy") === "session"
          ? html`<form method="post" action="/sign-out"><button>Sign out</button></form>`
          : html`<p>There is no session here to end: sign out where you have signed in.</p>`;
      return c.html(layout({ title: "Sign out", operator: c.get("operator"), role: c.get("role"), body }));
    })
    .post("/sign-out", async (c) => {
      await sessions.end(c);
      log.info({ who: c.get("operator") }, "sign_in.ended");
      return c.redirect("/sign-in", 303);
    });
}
