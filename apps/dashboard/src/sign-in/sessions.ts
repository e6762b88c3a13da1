import { createHash } from "node:crypto";
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { hmacSha256Hex, type Now, secretsEqual } from "@millrace/core";
import type { OperatorSessions, Role } from "@millrace/db";
import type { Account } from "./password-check.ts";

/** How long a session lasts at most, in seconds, however much it is used. */
const LONGEST_S = 7 * 86_400;

/** Sessions, each held by a cookie. */
export type Sessions = {
  /** Opens a session under a new token, whatever cookie there was, and ends the one that was held. */
  open(c: Context, account: Account): Promise<void>;
  /** Who holds the request's session, if it is still good. */
  holder(c: Context): Promise<{ name: string; role: Role } | undefined>;
  end(c: Context): Promise<void>;
};

/**
 * Sessions whose tokens the browser alone has: the table has their hashes. A session ends with the password it was
 * opened with. `secure` cookies are for TLS alone, and by their name bound to this very host.
 */
export function createSessions({
  store,
  builtIn,
  secure,
  now,
  newToken,
}: {
  store: OperatorSessions;
  builtIn: { user: string; password: string } | undefined;
  secure: boolean;
  now: Now;
  newToken: () => string;
}): Sessions {
  const cookie = secure ? "__Host-millrace" : "millrace";

  async function end(c: Context): Promise<void> {
    const token = getCookie(c, cookie);
    if (token !== undefined) await store.end(hashOf(token));
  }

  return {
    async open(c, { operatorId, secret }) {
      await end(c);
      const token = newToken();
      const openedAt = now();
      const expiresAt = new Date(openedAt.getTime() + LONGEST_S * 1_000);
      const passwordTag = tagOf(token, secret);
      await store.open({ tokenHash: hashOf(token), operatorId, passwordTag, now: openedAt, expiresAt });
      setCookie(c, cookie, token, { path: "/", httpOnly: true, sameSite: "Lax", secure, maxAge: LONGEST_S });
    },
    async holder(c) {
      const token = getCookie(c, cookie);
      if (token === undefined) return undefined;
      const session = await store.use(hashOf(token), now());
      if (!session) return undefined;
      const { operator, passwordTag } = session;
      const secret = operator?.passwordHash ?? (builtIn && `${builtIn.user}:${builtIn.password}`);
      if (secret === undefined || !secretsEqual(tagOf(token, secret), passwordTag ?? "")) return undefined;
      return operator ? { name: operator.name, role: operator.role } : { name: builtIn?.user ?? "", role: "operator" };
    },
    async end(c) {
      await end(c);
      deleteCookie(c, cookie, { path: "/", secure });
    },
  };
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** By the token, which the table does not have: so from a copy of the table no password can be guessed. */
function tagOf(token: string, secret: string): string {
  return hmacSha256Hex(token, Buffer.from(secret));
}
