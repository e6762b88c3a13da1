import type { Context, MiddlewareHandler } from "hono";
import type { Operators, Role } from "@millrace/db";
import type { DashboardEnv } from "../app.ts";
import { problem } from "../problem.ts";
import { isChanging } from "./same-origin.ts";
import type { PasswordCheck } from "./password-check.ts";
import type { Sessions } from "./sessions.ts";
import { callerAddress, proxyUser, type TrustedProxies } from "./trusted-proxy.ts";

/** Who asks, and what says so; a browser sends all but the password by itself, whoever's page makes it ask. */
export type Identity = { name: string; role: Role; provenBy: "proxy" | "password" | "session" };

/** What it takes to find out. */
export type Identification = {
  proxies: TrustedProxies | undefined;
  operators: Operators;
  checkPassword: PasswordCheck;
  sessions: Sessions;
};

/**
 * Lets nobody past who is not known: by a trusted proxy's word, by a session, or by HTTP Basic (RFC 7617) for scripts. No
 * answer has a `WWW-Authenticate`, though RFC 9110 wants one: browsers would ask for the password themselves, and then
 * send it with whatever another site's page makes them ask for.
 */
export function identify(identification: Identification): MiddlewareHandler<DashboardEnv> {
  return async (c, next) => {
    const identity = await identityOf(c, identification);
    if (identity instanceof Response) return identity;
    if (!identity) return turnAway(c);
    c.set("operator", identity.name);
    c.set("role", identity.role);
    c.set("provenBy", identity.provenBy);
    await next();
  };
}

async function identityOf(
  c: Context<DashboardEnv>,
  { proxies, operators, checkPassword, sessions }: Identification,
): Promise<Identity | Response | undefined> {
  const name = proxies && proxyUser(c.env.incoming, proxies);
  if (proxies && name !== undefined)
    return { name, role: (await operators.named(name))?.role ?? proxies.role, provenBy: "proxy" };

  // A browser may send a header with it that it was asked for by a proxy in front, and that is not for us.
  const holder = await sessions.holder(c);
  if (holder) return { ...holder, provenBy: "session" };

  const given = readCredentials(c.req.header("Authorization") ?? "");
  if (!given) return undefined;
  const { account, waitSeconds } = await checkPassword(
    callerAddress(c.env.incoming, proxies),
    given.user,
    given.password,
  );
  if (account) return { ...account, provenBy: "password" };
  if (waitSeconds > 0) return problem(c, 429, "Too many wrong passwords", { "Retry-After": String(waitSeconds) });
  return undefined;
}

/** A person's browser goes to the sign-in and comes back; all else is told. */
function turnAway(c: Context<DashboardEnv>): Response {
  const { pathname, search } = new URL(c.req.url);
  const isPage = !isChanging(c.req.method) && c.req.header("Accept")?.includes("text/html");
  if (!isPage || pathname.startsWith("/api/")) return problem(c, 401, "Sign in");
  return c.redirect(`/sign-in?next=${encodeURIComponent(`${pathname}${search}`)}`, 303);
}

/** Undefined for what is not HTTP Basic. */
function readCredentials(header: string): { user: string; password: string } | undefined {
  const encoded = /^Basic +([\w+/=-]+) *$/i.exec(header)?.[1] ?? "";
  const [, user, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, "base64").toString()) ?? [];
  return user === undefined || password === undefined ? undefined : { user, password };
}
