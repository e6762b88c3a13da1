import { createHash } from "node:crypto";
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { hmacSha256Hex, type Now, secretsEqual } from "@millrace/core";
import type { OperatorSessions, Role } from "@millrace/db";
import type { BuiltInOperator, VerifiedOperator } from "./password-check.ts";

/** Longest lifetime of a session in seconds, also when it is in use. */
const MAX_AGE_S = 7 * 86_400;

/** Sessions of operators. The browser keeps a session's token in a cookie. */
export type Sessions = {
  /** Opens a session with a new token, and ends the session of the request's cookie. */
  open(c: Context, operator: VerifiedOperator): Promise<void>;
  /** Returns the operator of the request's session; undefined when there is none or it has ended. */
  operatorOf(c: Context): Promise<{ name: string; role: Role } | undefined>;
  end(c: Context): Promise<void>;
};

/** Dependencies of {@link createSessions}. */
export type SessionsDeps = {
  store: OperatorSessions;
  builtIn: BuiltInOperator | undefined;
  /** Whether browsers send the cookie over TLS only. Its name then also binds it to this host. */
  secure: boolean;
  now: Now;
  newToken: () => string;
};

/** Sessions in the table, which stores only the hash of a token. A session ends when its operator's password changes. */
export function createSessions({ store, builtIn, secure, now, newToken }: SessionsDeps): Sessions {
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
      const expiresAt = new Date(openedAt.getTime() + MAX_AGE_S * 1_000);
      const passwordTag = tagOf(token, secret);
      await store.open({ tokenHash: hashOf(token), operatorId, passwordTag, now: openedAt, expiresAt });
      setCookie(c, cookie, token, { path: "/", httpOnly: true, sameSite: "Lax", secure, maxAge: MAX_AGE_S });
    },
    async operatorOf(c) {
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

/** Keyed by the token, which the table does not contain: a copy of the table is not enough to guess a password. */
function tagOf(token: string, secret: string): string {
  return hmacSha256Hex(token, Buffer.from(secret));
}
