import { and, count, desc, eq, inArray, sql } from "drizzle-orm";
import { contentHash, type DeadLetterSelection, type NewId, type Now, parseJsonBody } from "@millrace/core";
import type { Database, Executor } from "../connection/database.ts";
import { deadLetters, replayItems, replays } from "../schema/index.ts";
import { matchesSelection } from "./list.ts";
import { createAuditLog } from "../operators/audit-log.ts";

/** Who changes something, and why. */
export type AuditContext = { actor: string; reason?: string | undefined };

/** A replay and how far it is. */
export type Replay = typeof replays.$inferSelect & {
  /** Its letters by what has become of them; see the table replay_items. */
  progress: { waiting: number; replaying: number; resolved: number; dead: number; left: number };
};

/** What people do with dead letters. Each change is a row in audit_log. */
export type Replays = {
  /**
   * Has the dead ones of a selection replayed by the workers; those that a replay has already are left to it. Undefined
   * when there are none.
   * @param rate most in a second
   */
  start(selection: DeadLetterSelection, rate: number, by: AuditContext): Promise<Replay | undefined>;
  /** Puts no more of it back. False when it has ended already, or there is none. */
  cancel(replayId: string, by: AuditContext): Promise<boolean>;
  find(replayId: string): Promise<Replay | undefined>;
  /** Latest first. */
  latest(limit: number): Promise<Replay[]>;
  /** Gives the dead ones of a selection up for good. Tells how many. */
  discard(selection: DeadLetterSelection, by: AuditContext): Promise<number>;
  /** Changes what a dead one's job will hold. False when it is not dead, or there is none. */
  edit(id: string, payload: unknown, by: AuditContext): Promise<boolean>;
};

/** {@link Replays} on the tables replays, replay_items and dead_letters. */
export function createReplays({ orm }: Database, newId: NewId, now: Now): Replays {
  const audit = (tx: Executor, by: AuditContext, entry: Entry) =>
    createAuditLog({ orm: tx }, newId).record({ ...by, ...entry });
  return {
    start: (selection, rate, by) =>
      orm.transaction(async (tx) => {
        const id = newId();
        const { actor, reason = null } = by;
        await tx.insert(replays).values({ id, state: "running", actor, reason, selection, rate, total: 0 });
        const taken = await tx
          .insert(replayItems)
          .select(
            tx
              .select({
                replayId: sql`${id}::uuid`.as("replay_id"),
                deadLetterId: deadLetters.id,
                state: sql`'waiting'`.as("state"),
                checkedAt: sql`null::timestamptz`.as("checked_at"),
                completedAt: sql`null::timestamptz`.as("completed_at"),
              })
              .from(deadLetters)
              .where(and(eq(deadLetters.state, "dead"), matchesSelection(selection)))
              .orderBy(deadLetters.id),
          )
          .onConflictDoNothing();
        const total = taken.count;
        if (total === 0) {
          await tx.delete(replays).where(eq(replays.id, id));
          return undefined;
        }
        const [replay] = await tx.update(replays).set({ total }).where(eq(replays.id, id)).returning();
        const [only, ...others] = selection.ids ?? [];
        await audit(tx, by, {
          action: "dead_letters.replayed",
          subject: only !== undefined && others.length === 0 ? only : id,
          before: null,
          after: { replay: id, letters: total, selection },
        });
        if (!replay) throw new Error(`replay ${id} vanished while it was being made`);
        return { ...replay, progress: { ...NOTHING, waiting: total } };
      }),
    cancel: (replayId, by) =>
      orm.transaction(async (tx) => {
        if (!(await endReplay(tx, replayId, { state: "cancelled", detail: null }, now()))) return false;
        const progress = await progressOf(tx, replayId);
        await audit(tx, by, { action: "replay.cancelled", subject: replayId, before: null, after: progress });
        return true;
      }),
    async find(replayId) {
      const [row] = await orm.select().from(replays).where(eq(replays.id, replayId));
      return row && { ...row, progress: await progressOf(orm, replayId) };
    },
    async latest(limit) {
      const rows = await orm.select().from(replays).orderBy(desc(replays.id)).limit(limit);
      return Promise.all(rows.map(async (row) => ({ ...row, progress: await progressOf(orm, row.id) })));
    },
    discard: (selection, by) =>
      orm.transaction(async (tx) => {
        // In the order in which a replay takes them, lest the two wait for each other.
        const meant = tx
          .select({ id: deadLetters.id })
          .from(deadLetters)
          .where(and(eq(deadLetters.state, "dead"), matchesSelection(selection)))
          .orderBy(deadLetters.id)
          .for("update");
        const discarded = await tx
          .update(deadLetters)
          .set({ state: "discarded", resolvedAt: now(), updatedAt: sql`now()` })
          .where(inArray(deadLetters.id, meant));
        if (discarded.count === 0) return 0;
        const [only, ...others] = selection.ids ?? [];
        await audit(tx, by, {
          action: "dead_letters.discarded",
          subject: only !== undefined && others.length === 0 ? only : "dead_letters",
          before: { state: "dead" },
          after: { state: "discarded", letters: discarded.count, selection },
        });
        return discarded.count;
      }),
    edit: (id, payload, by) =>
      orm.transaction(async (tx) => {
        const [before] = await tx
          .select({ payload: deadLetters.payload })
          .from(deadLetters)
          .where(and(eq(deadLetters.id, id), eq(deadLetters.state, "dead")))
          .for("update");
        if (!before) return false;
        // As a webhook's body is: without what Postgres cannot store.
        const read = parseJsonBody(Buffer.from(JSON.stringify(payload ?? null)));
        const after = read.ok ? read.value : payload;
        await tx
          .update(deadLetters)
          .set({ payload: jsonOf(after), payloadHash: contentHash(after), updatedAt: sql`now()` })
          .where(eq(deadLetters.id, id));
        await audit(tx, by, { action: "dead_letter.edited", subject: id, before: before.payload, after });
        return true;
      }),
  };
}

type Entry = { action: string; subject: string; before: unknown; after: unknown };

const NOTHING: Replay["progress"] = { waiting: 0, replaying: 0, resolved: 0, dead: 0, left: 0 };

/** A job's data may be any JSON, also null, which the driver would write as no value at all. */
export function jsonOf(payload: unknown) {
  return sql`${JSON.stringify(payload ?? null)}::jsonb`;
}

/** How many letters of a replay are in which state. */
export async function progressOf(tx: Executor, replayId: string): Promise<Replay["progress"]> {
  const rows = await tx
    .select({ state: replayItems.state, letters: count() })
    .from(replayItems)
    .where(eq(replayItems.replayId, replayId))
    .groupBy(replayItems.state);
  return { ...NOTHING, ...Object.fromEntries(rows.map(({ state, letters }) => [state, letters])) };
}

/** Ends a running replay; what waits in it stays dead. False when it does not run. */
export async function endReplay(
  tx: Executor,
  replayId: string,
  end: { state: "done" | "stopped" | "cancelled"; detail: string | null },
  at: Date,
): Promise<boolean> {
  const ended = await tx
    .update(replays)
    .set({ ...end, endedAt: at })
    .where(and(eq(replays.id, replayId), eq(replays.state, "running")))
    .returning({ id: replays.id });
  if (ended.length === 0) return false;
  await tx
    .update(replayItems)
    .set({ state: "skipped", completedAt: at })
    .where(and(eq(replayItems.replayId, replayId), eq(replayItems.state, "waiting")));
  return true;
}

/** Writes down in the replays of these letters what has become of them. */
export async function completeItems(
  tx: Executor,
  deadLetterIds: readonly string[],
  state: "resolved" | "dead" | "skipped",
): Promise<void> {
  if (deadLetterIds.length === 0) return;
  await tx
    .update(replayItems)
    .set({ state, completedAt: sql`now()` })
    .where(and(inArray(replayItems.deadLetterId, [...deadLetterIds]), eq(replayItems.state, "replaying")));
}

/** Takes a letter that there is nothing left of out of its replay, which goes on without it. */
export async function skipItems(tx: Executor, deadLetterId: string): Promise<void> {
  await tx
    .update(replayItems)
    .set({ state: "skipped", completedAt: sql`now()` })
    .where(and(eq(replayItems.deadLetterId, deadLetterId), inArray(replayItems.state, ["waiting", "replaying"])));
}
