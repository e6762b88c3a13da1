import { and, desc, eq, lt } from "drizzle-orm";
import type { NewId } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { auditLog } from "../schema/index.ts";

/** What a person did, or had done. */
export type AuditEntry = {
  actor: string;
  /** What was done to what, e.g. `queue.paused`. */
  action: string;
  /** What it was done to: a queue, `<queue>/<job id>`, the id of a row. */
  subject: string;
  /** Why, in the person's words. */
  reason?: string | undefined;
  /** What of the subject was changed, as it was and as it is. */
  before?: unknown;
  after?: unknown;
};

/** An {@link AuditEntry} as it is kept. */
export type RecordedAuditEntry = { id: string; createdAt: Date } & Required<AuditEntry>;

/** Which actions to list. */
export type AuditSelection = {
  /** Only those before the action with this id. */
  before?: string | undefined;
  limit: number;
  actor?: string | undefined;
  action?: string | undefined;
  subject?: string | undefined;
};

/** The table audit_log: added to, until what is personal in a row, or the row, is forgotten. */
export type AuditLog = {
  record(action: AuditEntry): Promise<void>;
  /** Newest first. */
  list(selection: AuditSelection): Promise<RecordedAuditEntry[]>;
};

/** {@link AuditLog} on a database, or within a transaction as `{ orm: tx }`. */
export function createAuditLog({ orm }: { orm: Executor }, newId: NewId): AuditLog {
  return {
    async record({ actor, action, subject, reason, before, after }) {
      await orm.insert(auditLog).values({ id: newId(), actor, action, subject, reason, before, after });
    },
    async list({ before, limit, actor, action, subject }) {
      const rows = await orm
        .select()
        .from(auditLog)
        .where(
          and(
            before === undefined ? undefined : lt(auditLog.id, before),
            actor === undefined ? undefined : eq(auditLog.actor, actor),
            action === undefined ? undefined : eq(auditLog.action, action),
            subject === undefined ? undefined : eq(auditLog.subject, subject),
          ),
        )
        .orderBy(desc(auditLog.id))
        .limit(limit);
      return rows.map((row) => ({ ...row, reason: row.reason ?? undefined }));
    },
  };
}
