import { and, eq, isNotNull, sql } from "drizzle-orm";
import type { NewId } from "@millrace/core";
import type { Database, Executor } from "../connection/database.ts";
import { auditLog } from "../schema/index.ts";
import { eraseContact, type LeftToErase } from "./contact.ts";
import { jobsAboutContact, type MatchableJob } from "./jobs-about-contact.ts";
import { eraseMentions, ERASURE } from "./mentions.ts";
import type { FileToErase } from "./messages.ts";
import type { RowCounts } from "./personal-data-matcher.ts";

/** An erasure under way, or one that was broken off: what is left of it. */
export type Erasure = {
  id: string;
  contactId: string;
  /** Files in media stores that go with it. */
  files: readonly FileToErase[];
  /** Tells the jobs that are about the person. */
  isAbout(job: MatchableJob): boolean;
  left: LeftToErase;
};

/** Erases people: what is theirs goes from the rows, the rows stay. */
export type Erasures = {
  /** Whether a contact was erased before. */
  isErased(contactId: string): Promise<boolean>;
  /** What would be erased of a contact; nothing is changed. Undefined when there is none. */
  look(contactId: string): Promise<{ rows: RowCounts; erasure: Erasure } | undefined>;
  /**
   * Empties the contact's own rows in one transaction, and writes down what is left to do: with `rest`, with its files
   * and its jobs. Undefined when there is no such contact.
   */
  begin(contactId: string, by: { actor: string; reason: string }): Promise<Erasure | undefined>;
  /** Those that were begun and not ended, oldest first. */
  unfinished(): Promise<Erasure[]>;
  /** Empties all else that tells of the person, page by page. */
  rest(erasure: Erasure): Promise<void>;
  /** All is done: what was left, which tells who it was, is forgotten. */
  end(erasure: Erasure, counts: { files: number; jobs: number }): Promise<RowCounts>;
};

/** {@link Erasures} on all tables; audit_log holds what is left of one while it is under way. */
export function createErasures(database: Database, newId: NewId): Erasures {
  const { orm } = database;
  return {
    async isErased(contactId) {
      const [row] = await orm
        .select({ id: auditLog.id })
        .from(auditLog)
        .where(and(eq(auditLog.subject, contactId), eq(auditLog.action, ERASURE)));
      return row !== undefined;
    },

    async look(contactId) {
      const seen = await rolledBack(orm, (tx) => eraseContact(tx, newId, contactId));
      if (!seen) return undefined;
      const rest = await eraseMentions(database, seen.left, true);
      return { rows: sumOf(seen.rows, rest), erasure: await erasureOf(orm, "", contactId, seen.left) };
    },

    begin: (contactId, { actor, reason }) =>
      orm.transaction(async (tx) => {
        const erased = await eraseContact(tx, newId, contactId);
        if (!erased) return undefined;
        const id = newId();
        const { left, rows } = erased;
        await tx
          .insert(auditLog)
          .values({ id, actor, reason, action: ERASURE, subject: contactId, before: left, after: rows });
        return erasureOf(tx, id, contactId, left);
      }),

    async unfinished() {
      const rows = await orm
        .select()
        .from(auditLog)
        .where(and(eq(auditLog.action, ERASURE), isNotNull(auditLog.before)))
        .orderBy(auditLog.id);
      return Promise.all(rows.map(({ id, subject, before }) => erasureOf(orm, id, subject, before as LeftToErase)));
    },

    async rest({ id, left }) {
      const rest = await eraseMentions(database, left, false);
      const [row] = await orm.select().from(auditLog).where(eq(auditLog.id, id));
      const after = sumOf((row?.after ?? {}) as RowCounts, rest);
      await orm.update(auditLog).set({ after }).where(eq(auditLog.id, id));
    },

    async end({ id }, counts) {
      const [row] = await orm
        .update(auditLog)
        .set({ before: null, after: sql`${auditLog.after} || ${JSON.stringify(counts)}::jsonb` })
        .where(eq(auditLog.id, id))
        .returning({ after: auditLog.after });
      return (row?.after ?? {}) as RowCounts;
    },
  };
}

async function erasureOf(tx: Executor, id: string, contactId: string, left: LeftToErase): Promise<Erasure> {
  return { id, contactId, files: left.files, isAbout: await jobsAboutContact(tx, left), left };
}

/** What a transaction gives that is not to be. */
async function rolledBack<T>(orm: Database["orm"], work: (tx: Executor) => Promise<T>): Promise<T | undefined> {
  const results: T[] = [];
  const over = new Error("rolled back");
  await orm
    .transaction(async (tx) => {
      results.push(await work(tx));
      throw over;
    })
    .catch((error: unknown) => {
      if (error !== over) throw error;
    });
  return results[0];
}

function sumOf(one: RowCounts, two: RowCounts): RowCounts {
  const tables = [...new Set([...Object.keys(one), ...Object.keys(two)])];
  return Object.fromEntries(tables.map((table) => [table, (one[table] ?? 0) + (two[table] ?? 0)]));
}
