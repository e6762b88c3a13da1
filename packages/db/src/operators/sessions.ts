import { and, eq, gt, lte, or, sql } from "drizzle-orm";
import type { Database } from "../connection/database.ts";
import { operators, operatorSessions } from "../schema/index.ts";
import type { Role } from "./operators.ts";

/** How long a session may go unused, in ms. */
const IDLE_MS = 12 * 3_600_000;

/** How exactly `used_at` is kept, in ms, so that not every request writes. */
const USED_AT_EVERY_MS = 60_000;

/** Whose session it is; without an operator it is that of the operator of the environment. */
export type OpenSession = {
  operator: { name: string; role: Role; passwordHash: string } | null;
  /** What the session was opened with, to tell whether the password is still the same. */
  passwordTag: string | null;
};

/** The table operator_sessions. */
export type OperatorSessions = {
  /** Opens a session, and forgets those that are over. */
  open(session: {
    tokenHash: string;
    operatorId: string | null;
    passwordTag: string;
    now: Date;
    expiresAt: Date;
  }): Promise<void>;
  /** Whose session it is; undefined when it is over, or never was. */
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
      if (usedAt.getTime() <= now.getTime() - USED_AT_EVERY_MS)
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
