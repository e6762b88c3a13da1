import { and, desc, eq, lt } from "drizzle-orm";
import type { NewId } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { operatorActions } from "../schema/index.ts";

/** What a person did, or had done. */
export type OperatorAction = {
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

/** An {@link OperatorAction} as it is kept. */
export type RecordedAction = { id: string; createdAt: Date } & Required<OperatorAction>;

/** Which actions to list. */
export type ActionSelection = {
  /** Only those before the action with this id. */
  before?: string | undefined;
  limit: number;
  actor?: string | undefined;
  action?: string | undefined;
  subject?: string | undefined;
};

/** The table operator_actions: added to, until what is personal in a row, or the row, is forgotten. */
export type OperatorActions = {
  record(action: OperatorAction): Promise<void>;
  /** Newest first. */
  list(selection: ActionSelection): Promise<RecordedAction[]>;
};

/** {@link OperatorActions} on a database, or within a transaction as `{ orm: tx }`. */
export function createOperatorActions({ orm }: { orm: Executor }, newId: NewId): OperatorActions {
  return {
    async record({ actor, action, subject, reason, before, after }) {
      await orm.insert(operatorActions).values({ id: newId(), actor, action, subject, reason, before, after });
    },
    async list({ before, limit, actor, action, subject }) {
      const rows = await orm
        .select()
        .from(operatorActions)
        .where(
          and(
            before === undefined ? undefined : lt(operatorActions.id, before),
            actor === undefined ? undefined : eq(operatorActions.actor, actor),
            action === undefined ? undefined : eq(operatorActions.action, action),
            subject === undefined ? undefined : eq(operatorActions.subject, subject),
          ),
        )
        .orderBy(desc(operatorActions.id))
        .limit(limit);
      return rows.map((row) => ({ ...row, reason: row.reason ?? undefined }));
    },
  };
}
