import { and, eq, isNotNull, sql } from "drizzle-orm";
import type { NewId } from "@millrace/core";
import type { Database, Executor } from "../connection/database.ts";
import { auditLog } from "../schema/index.ts";
import { eraseContact } from "./contact-rows.ts";
import { eraseDomainEvents } from "./domain-events.ts";
import { sumOf } from "./erased-values.ts";
import { jobsAboutContact, type MatchableJob } from "./jobs-about-contact.ts";
import { eraseOtherRows } from "./other-rows.ts";
import { ERASURE_ACTION } from "./other-rows-of-operators.ts";
import type { PersonalDataReaders } from "./personal-data-matcher.ts";
import type { ErasureScope, FileToErase, RowCounts } from "./scope.ts";

/** An erasure that is in progress, or was interrupted. */
export type Erasure = {
  id: string;
  contactId: string;
  /** The files in media stores to delete. */
  files: readonly FileToErase[];
  /** Whether a job is about the person. */
  isAbout(job: MatchableJob): boolean;
  scope: ErasureScope;
};

/** Erases contacts: their personal data is removed, and the rows stay without it. */
export type Erasures = {
  /** Whether a contact was erased. */
  isErased(contactId: string): Promise<boolean>;
  /**
   * Counts what an erasure would change, without changing it. Undefined when the contact does not exist.
   * @param exact also searches all other rows for the person, as an erasure does, which takes longer with each row
   */
  preview(contactId: string, exact: boolean): Promise<{ rows: RowCounts; erasure: Erasure } | undefined>;
  /**
   * Records the erasure, and erases nothing yet. An erasure that is interrupted can then be completed. Undefined when the
   * contact does not exist.
   */
  begin(contactId: string, by: { actor: string; reason: string }): Promise<Erasure | undefined>;
  /**
   * Erases the contact's own rows in one transaction. If they are erased already, it changes nothing. Returns the erasure
   * with the remaining work: {@link Erasures.eraseOtherRows}, the files and the jobs.
   */
  eraseContact(erasure: Erasure): Promise<Erasure>;
  /** Lists erasures that have begun and not ended, oldest first. */
  unfinished(): Promise<Erasure[]>;
  /** Erases the personal data in all other rows, page by page. */
  eraseOtherRows(erasure: Erasure): Promise<void>;
  /** Ends an erasure and deletes its record of the personal data. Returns the counts per table. */
  end(erasure: Erasure, counts: { files: number; jobs: number }): Promise<RowCounts>;
};

/** {@link Erasures} on all tables. A row of audit_log holds the scope of an erasure until it ends. */
export function createErasures(database: Database, newId: NewId, readers: PersonalDataReaders): Erasures {
  const { orm } = database;

  async function erasureOf(tx: Executor, id: string, contactId: string, scope: ErasureScope): Promise<Erasure> {
    return { id, contactId, files: scope.files, isAbout: await jobsAboutContact(tx, scope, readers), scope };
  }

  return {
    async isErased(contactId) {
      const [row] = await orm
        .select({ id: auditLog.id })
        .from(auditLog)
        .where(and(eq(auditLog.subject, contactId), eq(auditLog.action, ERASURE_ACTION)));
      return row !== undefined;
    },

    async preview(named, exact) {
      const result = await dryRun(orm, (tx) => eraseContact(tx, newId, named));
      if (!result) return undefined;
      const { contactId, scope, rows } = result;
      const rest = exact
        ? await eraseOtherRows(database, scope, readers, true)
        : { domain_events: await eraseDomainEvents(orm, scope, true) };
      return { rows: sumOf(rows, rest), erasure: await erasureOf(orm, "", contactId, scope) };
    },

    async begin(named, { actor, reason }) {
      const found = await dryRun(orm, (tx) => eraseContact(tx, newId, named));
      if (!found) return undefined;
      const { contactId } = found;
      const before = { ...found.scope, isContactErased: false };
      const id = newId();
      await orm
        .insert(auditLog)
        .values({ id, actor, reason, action: ERASURE_ACTION, subject: contactId, before, after: {} });
      return erasureOf(orm, id, contactId, before);
    },

    eraseContact: (erasure) =>
      orm.transaction(async (tx) => {
        const { id } = erasure;
        const [entry] = await tx.select().from(auditLog).where(eq(auditLog.id, id)).for("update");
        // Another command may have completed this erasure, or a part of it.
        const recorded = entry?.before as ErasureScope | null | undefined;
        if (!recorded) return erasure;
        if (recorded.isContactErased) return erasureOf(tx, id, erasure.contactId, recorded);
        const erased = await eraseContact(tx, newId, erasure.contactId);
        // Another erasure may have erased the contact. This one still searches for the person.
        const { contactId, scope, rows } = erased ?? {
          contactId: erasure.contactId,
          scope: { ...recorded, isContactErased: true },
          rows: {},
        };
        // The contact may have been merged since, and then the one that it became is erased.
        await tx.update(auditLog).set({ subject: contactId, before: scope, after: rows }).where(eq(auditLog.id, id));
        return erasureOf(tx, id, contactId, scope);
      }),

    async unfinished() {
      const rows = await orm
        .select()
        .from(auditLog)
        .where(and(eq(auditLog.action, ERASURE_ACTION), isNotNull(auditLog.before)))
        .orderBy(auditLog.id);
      return Promise.all(rows.map(({ id, subject, before }) => erasureOf(orm, id, subject, before as ErasureScope)));
    },

    async eraseOtherRows({ id, scope }) {
      const rest = await eraseOtherRows(database, scope, readers, false);
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

/** Runs work in a transaction that is rolled back, and returns its result. */
async function dryRun<T>(orm: Database["orm"], work: (tx: Executor) => Promise<T>): Promise<T | undefined> {
  const results: T[] = [];
  const rollback = new Error("rolled back");
  await orm
    .transaction(async (tx) => {
      results.push(await work(tx));
      throw rollback;
    })
    .catch((error: unknown) => {
      if (error !== rollback) throw error;
    });
  return results[0];
}
