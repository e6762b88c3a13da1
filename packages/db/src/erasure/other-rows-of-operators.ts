import { and, asc, eq, gt, ne } from "drizzle-orm";
import type { DeadLetterSelection } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { auditLog, replays } from "../schema/index.ts";
import { ERASED } from "./erased-values.ts";
import type { PersonalDataMatcher } from "./personal-data-matcher.ts";
import { isAny, PAGE, type RowEraser } from "./row-eraser.ts";
import type { ErasureScope } from "./scope.ts";

/** The action of an erasure's audit entry, which holds the {@link ErasureScope} until the erasure ends. */
export const ERASURE_ACTION = "contact.erased";

/** Erases personal data in the audit log: changed values, subjects and reasons. */
export function auditLogRows(
  orm: Executor,
  { contains, containsName }: PersonalDataMatcher,
  { ids }: ErasureScope,
): RowEraser<typeof auditLog.$inferSelect> {
  const ownIds = new Set(ids);
  return {
    read: (after) =>
      orm
        .select()
        .from(auditLog)
        .where(and(gt(auditLog.id, after), ne(auditLog.action, ERASURE_ACTION)))
        .orderBy(asc(auditLog.id))
        .limit(PAGE),
    erase({ id, subject, reason, before, after }) {
      const set = {
        ...(contains(before) ? { before: ERASED } : {}),
        ...(contains(after) ? { after: ERASED } : {}),
        ...(containsName(subject) ? { subject: "erased" } : {}),
        ...(reason !== null && (ownIds.has(subject) || containsName(reason)) ? { reason: null } : {}),
      };
      return isAny(set) && ((tx) => tx.update(auditLog).set(set).where(eq(auditLog.id, id)));
    },
  };
}

/** Erases names in the selection and the reason of replays. */
export function replayRows(
  orm: Executor,
  { containsName }: PersonalDataMatcher,
): RowEraser<typeof replays.$inferSelect> {
  return {
    read: (after) => orm.select().from(replays).where(gt(replays.id, after)).orderBy(asc(replays.id)).limit(PAGE),
    erase({ id, selection, reason }) {
      const { text } = selection as DeadLetterSelection;
      const set = {
        ...(text !== undefined && containsName(text)
          ? { selection: { ...(selection as object), text: "erased" } }
          : {}),
        ...(reason !== null && containsName(reason) ? { reason: null } : {}),
      };
      return isAny(set) && ((tx) => tx.update(replays).set(set).where(eq(replays.id, id)));
    },
  };
}
