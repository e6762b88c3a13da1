import { asc, eq, sql } from "drizzle-orm";
import type { NewId } from "@millrace/core";
import type { Database } from "../connection/database.ts";
import { operators, operatorSessions } from "../schema/index.ts";
import { type AuditContext, createAuditLog } from "./audit-log.ts";

/** A `viewer` can read, an `operator` can also change things. */
export type Role = "viewer" | "operator";

/** An operator in the list. */
export type ListedOperator = { name: string; role: Role; createdAt: Date; updatedAt: Date };

/** The table operators. Each change is recorded in audit_log and ends the operator's sessions. */
export type Operators = {
  list(): Promise<ListedOperator[]>;
  named(name: string): Promise<{ id: string; role: Role; passwordHash: string } | undefined>;
  /** Adds an operator, or changes the password and, if given, the role of an existing one. Returns which it did. */
  set(
    operator: { name: string; role: Role | undefined; passwordHash: string },
    by: AuditContext,
  ): Promise<"added" | "changed">;
  /** Returns false when no operator has this name. */
  remove(name: string, by: AuditContext): Promise<boolean>;
};

/** {@link Operators} on the table operators. */
export function createOperators({ orm }: Database, newId: NewId): Operators {
  return {
    list: () =>
      orm
        .select({
          name: operators.name,
          role: operators.role,
          createdAt: operators.createdAt,
          updatedAt: operators.updatedAt,
        })
        .from(operators)
        .orderBy(asc(operators.name)),
    async named(name) {
      const { id, role, passwordHash } = operators;
      const [found] = await orm.select({ id, role, passwordHash }).from(operators).where(eq(operators.name, name));
      return found;
    },
    set: ({ name, role, passwordHash }, by) =>
      orm.transaction(async (tx) => {
        const [before] = await tx.select().from(operators).where(eq(operators.name, name)).for("update");
        const [after] = await tx
          .insert(operators)
          .values({ id: newId(), name, role: role ?? "viewer", passwordHash })
          .onConflictDoUpdate({
            target: operators.name,
            set: { passwordHash, updatedAt: sql`now()`, ...(role === undefined ? {} : { role }) },
          })
          .returning({ id: operators.id, role: operators.role });
        if (!after) throw new Error(`the row of operator ${name} disappeared during its transaction`);
        await tx.delete(operatorSessions).where(eq(operatorSessions.operatorId, after.id));
        await createAuditLog({ orm: tx }, newId).record({
          ...by,
          action: before ? "operator.changed" : "operator.added",
          subject: name,
          before: before && { role: before.role },
          after: { role: after.role },
        });
        return before ? "changed" : "added";
      }),
    remove: (name, by) =>
      orm.transaction(async (tx) => {
        const [removed] = await tx
          .delete(operators)
          .where(eq(operators.name, name))
          .returning({ role: operators.role });
        if (!removed) return false;
        await createAuditLog({ orm: tx }, newId).record({
          ...by,
          action: "operator.removed",
          subject: name,
          before: removed,
        });
        return true;
      }),
  };
}
