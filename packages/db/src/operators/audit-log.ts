import { and, desc, eq, lt } from "drizzle-orm";
import type { NewId } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { auditLog } from "../schema/index.ts";

/** Who makes a change, and why. */
export type AuditContext = { actor: string; reason?: string | undefined };

/** An action of a person. */
export type AuditEntry = {
  actor: string;
  /** The action, such as `queue.paused`. */
  action: string;
  /** What the action changed: a queue, `<queue>/<job id>`, or the id of a row. */
  subject: string;
  /** The reason that the person entered. */
  reason?: string | undefined;
  /** The changed values of the subject, before and after the action. */
  before?: unknown;
  after?: unknown;
};

/** A stored {@link AuditEntry}. */
export type RecordedAuditEntry = { id: string; createdAt: Date } & Required<AuditEntry>;

/** Which entries to list. */
export type AuditSelection = {
  /** Only entries older than the one with this id. */
  before?: string | undefined;
  limit: number;
  actor?: string | undefined;
  action?: string | undefined;
  subject?: string | undefined;
};

/** The table audit_log. Rows are only added; retention and erasure remove personal data or whole rows. */
export type AuditLog = {
  record(entry: AuditEntry): Promise<void>;
  /** Lists entries, newest first. */
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
