import type { Context, MiddlewareHandler } from "hono";
import type { Operators, Role } from "@millrace/db";
import { isChanging } from "../http/changing-methods.ts";
import type { AuthenticationMethod, DashboardEnv } from "../http/hono-env.ts";
import { problem } from "../http/problem.ts";
import type { PasswordCheck } from "./password-check.ts";
import type { Sessions } from "./sessions.ts";
import { clientAddress, proxyUser, type TrustedProxies } from "./trusted-proxy.ts";

/** The person who sends a request. */
type Authenticated = { name: string; role: Role; method: AuthenticationMethod };

/** Dependencies of {@link authenticate}. */
export type AuthenticationDeps = {
  proxies: TrustedProxies | undefined;
  operators: Operators;
  checkPassword: PasswordCheck;
  sessions: Sessions;
};

/**
 * Authenticates a request by a trusted proxy, a session, or HTTP Basic (RFC 7617) for scripts. No response has the
 * header `WWW-Authenticate` that RFC 9110 asks for. With it, browsers would prompt for the password and then add it to
 * requests that pages of other sites trigger.
 */
export function authenticate(deps: AuthenticationDeps): MiddlewareHandler<DashboardEnv> {
  return async (c, next) => {
    const operator = await operatorOf(c, deps);
    if (operator instanceof Response) return operator;
    if (!operator) return requestSignIn(c);
    c.set("operator", operator.name);
    c.set("role", operator.role);
    c.set("authenticatedBy", operator.method);
    await next();
  };
}

/** The authenticated person, undefined when there is none, or a response with 429. */
async function operatorOf(
  c: Context<DashboardEnv>,
  { proxies, operators, checkPassword, sessions }: AuthenticationDeps,
): Promise<Authenticated | Response | undefined> {
  const name = proxies && proxyUser(c.env.incoming, proxies);
  if (proxies && name !== undefined)
    return { name, role: (await operators.named(name))?.role ?? proxies.role, method: "proxy" };

  // The session comes before the `Authorization` header, because a browser may send that header for a proxy in front.
  const operator = await sessions.operatorOf(c);
  if (operator) return { ...operator, method: "session" };

  const credentials = readCredentials(c.req.header("Authorization") ?? "");
  if (!credentials) return undefined;
  const address = clientAddress(c.env.incoming, proxies);
  const { operator: verified, waitSeconds } = await checkPassword(address, credentials.user, credentials.password);
  if (verified) return { name: verified.name, role: verified.role, method: "password" };
  if (waitSeconds > 0) return problem(c, 429, "Too many wrong passwords", { "Retry-After": String(waitSeconds) });
  return undefined;
}

/** Redirects a browser to the sign-in page, which leads back to the requested page. Other clients receive 401. */
function requestSignIn(c: Context<DashboardEnv>): Response {
  const { pathname, search } = new URL(c.req.url);
  const isPage = !isChanging(c.req.method) && c.req.header("Accept")?.includes("text/html");
  if (!isPage || pathname.startsWith("/api/")) return problem(c, 401, "Sign in");
  return c.redirect(`/sign-in?next=${encodeURIComponent(`${pathname}${search}`)}`, 303);
}

/** Reads the credentials of HTTP Basic; undefined for any other header. */
function readCredentials(header: string): { user: string; password: string } | undefined {
  const encoded = /^Basic +([\w+/=-]+) *$/i.exec(header)?.[1] ?? "";
  const [, user, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, "base64").toString()) ?? [];
  return user === undefined || password === undefined ? undefined : { user, password };
}
