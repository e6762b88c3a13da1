import type { MiddlewareHandler } from "hono";
import { type Logger, type Now, secretsEqual } from "@millrace/core";
import type { DashboardEnv } from "./app.ts";
import { createGuessThrottle } from "./guess-throttle.ts";
import { problem } from "./problem.ts";

const CHALLENGE = { "WWW-Authenticate": 'Basic realm="Millrace", charset="UTF-8"' };

/**
 * Lets the operator in by HTTP Basic (RFC 7617). An address that guesses too often is refused for a while, the right
 * password included: otherwise guessing would go on. The address is the connection's own, as `X-Forwarded-For` is
 * whatever a caller says; so all who come by one proxy are counted together.
 */
export function signIn(
  operator: { user: string; password: string },
  log: Logger,
  now: Now,
): MiddlewareHandler<DashboardEnv> {
  const throttle = createGuessThrottle(now);
  return async (c, next) => {
    const address = c.env.incoming.socket.remoteAddress ?? "unknown";
    const wait = throttle.waitSeconds(address);
    if (wait > 0) return problem(c, 429, "Too many wrong passwords", { "Retry-After": String(wait) });

    const header = c.req.header("Authorization");
    // A browser asks without credentials first: that is no guess.
    if (header === undefined) return problem(c, 401, "Sign in", CHALLENGE);
    const given = readCredentials(header);
    const userIsRight = secretsEqual(given.user, operator.user);
    const passwordIsRight = secretsEqual(given.password, operator.password);
    if (!userIsRight || !passwordIsRight) {
      throttle.countWrong(address);
      log.warn({ throttled: throttle.waitSeconds(address) > 0 }, "sign_in.refused");
      return problem(c, 401, "Sign in", CHALLENGE);
    }
    c.set("operator", operator.user);
    await next();
  };
}

function readCredentials(header: string): { user: string; password: string } {
  const encoded = /^Basic +([\w+/=-]+) *$/i.exec(header)?.[1] ?? "";
  const [, user = "", password = ""] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, "base64").toString()) ?? [];
  return { user, password };
}
