import { and, eq, gt, lte, or, sql } from "drizzle-orm";
import type { Database } from "../connection/database.ts";
import { operators, operatorSessions } from "../schema/index.ts";
import type { Role } from "./operators.ts";

/** How long an unused session stays valid, in ms. */
const IDLE_MS = 12 * 3_600_000;

/** The resolution of `used_at`, in ms, so that not every request writes. */
const USED_AT_RESOLUTION_MS = 60_000;

/** A valid session and its operator; null for the operator from the environment. */
export type OpenSession = {
  operator: { name: string; role: Role; passwordHash: string } | null;
  /** Derived from the password at sign-in, to detect a changed password. */
  passwordTag: string | null;
};

/** The table operator_sessions. */
export type OperatorSessions = {
  /** Opens a session, and deletes expired ones. */
  open(session: {
    tokenHash: string;
    operatorId: string | null;
    passwordTag: string;
    now: Date;
    expiresAt: Date;
  }): Promise<void>;
  /** Returns a session and records its use; undefined when it has expired or does not exist. */
  use(tokenHash: string, now: Date): Promise<OpenSession | undefined>;
  end(tokenHash: string): Promise<void>;
};

/** {@link OperatorSessions} on the table operator_sessions. */
export function createOperatorSessions({ orm }: Database): OperatorSessions {
  return {
    async open({ now, ...session }) {
      await orm
        .delete(operatorSessions)
        .where(or(lte(operatorSessions.expiresAt, now), lte(operatorSessions.usedAt, idleSince(now))));
      await orm.insert(operatorSessions).values({ ...session, usedAt: now });
    },
    async use(tokenHash, now) {
      const [found] = await orm
        .select({
          operator: { name: operators.name, role: operators.role, passwordHash: operators.passwordHash },
          passwordTag: operatorSessions.passwordTag,
          usedAt: operatorSessions.usedAt,
        })
        .from(operatorSessions)
        .leftJoin(operators, eq(operators.id, operatorSessions.operatorId))
        .where(
          and(
            eq(operatorSessions.tokenHash, tokenHash),
            gt(operatorSessions.expiresAt, now),
            gt(operatorSessions.usedAt, idleSince(now)),
          ),
        );
      if (!found) return undefined;
      const { usedAt, ...session } = found;
      if (usedAt.getTime() <= now.getTime() - USED_AT_RESOLUTION_MS)
        await orm
          .update(operatorSessions)
          .set({ usedAt: sql`greatest(${operatorSessions.usedAt}, ${sql.param(now, operatorSessions.usedAt)})` })
          .where(eq(operatorSessions.tokenHash, tokenHash));
      return session;
    },
    async end(tokenHash) {
      await orm.delete(operatorSessions).where(eq(operatorSessions.tokenHash, tokenHash));
    },
  };
}

function idleSince(now: Date): Date {
  return new Date(now.getTime() - IDLE_MS);
}
