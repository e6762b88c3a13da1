import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Logger } from "@millrace/core";
import type { DashboardEnv } from "../http/hono-env.ts";
import { problem } from "../http/problem.ts";
import { signInPage } from "../pages/sign-in.ts";
import { signOutPage } from "../pages/sign-out.ts";
import { localPath } from "./local-path.ts";
import type { PasswordCheck } from "./password-check.ts";
import { sameOrigin } from "./same-origin.ts";
import type { Sessions } from "./sessions.ts";
import { clientAddress, type TrustedProxies } from "./trusted-proxy.ts";

/** Largest sign-in form, in bytes. */
const MAX_FORM_BYTES = 16_384;

/** The sign-in page and its form. `sameOrigin` keeps other sites from signing a person in under another name. */
export function signInRoutes(
  checkPassword: PasswordCheck,
  proxies: TrustedProxies | undefined,
  sessions: Sessions,
  log: Logger,
): Hono<DashboardEnv> {
  const limit = bodyLimit({ maxSize: MAX_FORM_BYTES, onError: (c) => problem(c, 413, "The form is too large") });
  return new Hono<DashboardEnv>()
    .get("/sign-in", (c) => c.html(signInPage({ next: localPath(c.req.query("next")) })))
    .post("/sign-in", sameOrigin, limit, async (c) => {
      const form = await c.req.parseBody();
      const [user, password, next] = [form["user"], form["password"], form["next"]].map((field) =>
        typeof field === "string" ? field : "",
      ) as [string, string, string];
      const { operator, waitSeconds } = await checkPassword(clientAddress(c.env.incoming, proxies), user, password);
      if (operator) {
        await sessions.open(c, operator);
        log.info({ operator: operator.name }, "sign_in.opened");
        return c.redirect(localPath(next), 303);
      }
      const page = (error: string) => signInPage({ next: localPath(next), user, error });
      if (waitSeconds === 0) return c.html(page("The username or the password is wrong."), 401);
      c.header("Retry-After", String(waitSeconds));
      return c.html(page(`Too many wrong passwords. Try again in ${waitSeconds} s.`), 429);
    });
}

/** The sign-out page and its form, for a person who is signed in. */
export function signOutRoutes(sessions: Sessions, log: Logger): Hono<DashboardEnv> {
  return new Hono<DashboardEnv>()
    .get("/sign-out", (c) =>
      c.html(
        signOutPage({ operator: c.get("operator"), role: c.get("role"), authenticatedBy: c.get("authenticatedBy") }),
      ),
    )
    .post("/sign-out", async (c) => {
      await sessions.end(c);
      log.info({ operator: c.get("operator") }, "sign_in.ended");
      return c.redirect("/sign-in", 303);
    });
}
