import { and, desc, eq, inArray, sql } from "drizzle-orm";
import { contentHash, type DeadLetterSelection, type NewId, type Now, parseJsonBody } from "@millrace/core";
import type { Database, Executor } from "../connection/database.ts";
import { type AuditContext, type AuditEntry, createAuditLog } from "../operators/audit-log.ts";
import { deadLetters, replayItems, replays } from "../schema/index.ts";
import { discardEvents } from "./discard-events.ts";
import { jsonValue } from "./json-value.ts";
import { endReplay, progressOf, type ReplayProgress } from "./replay-items.ts";
import { matchesSelection } from "./selection.ts";

/** A replay and its progress. */
export type Replay = typeof replays.$inferSelect & { progress: ReplayProgress };

/** What operators do with dead letters. Each change is recorded in audit_log. */
export type Replays = {
  /**
   * Starts a replay of the selection's dead letters, which the workers carry out. Dead letters that another replay
   * contains are left out. Returns undefined when there are none.
   * @param rate the most dead letters that are requeued per second
   */
  start(selection: DeadLetterSelection, rate: number, by: AuditContext): Promise<Replay | undefined>;
  /** Stops requeueing dead letters of a replay. Returns false when it has ended, or does not exist. */
  cancel(replayId: string, by: AuditContext): Promise<boolean>;
  find(replayId: string): Promise<Replay | undefined>;
  /** Lists replays, newest first. */
  latest(limit: number): Promise<Replay[]>;
  /** Discards the selection's dead letters and their events for good. Returns how many. */
  discard(selection: DeadLetterSelection, by: AuditContext): Promise<number>;
  /** Changes the payload that a replay will requeue. Returns false when the id belongs to no dead letter in the state `dead`. */
  edit(id: string, payload: unknown, by: AuditContext): Promise<boolean>;
};

/** What the changes share within their transaction. */
type Deps = { tx: Executor; newId: NewId; now: Now; by: AuditContext };

/** {@link Replays} on the tables replays, replay_items and dead_letters. */
export function createReplays({ orm }: Database, newId: NewId, now: Now): Replays {
  const change = <T>(by: AuditContext, work: (deps: Deps) => Promise<T>) =>
    orm.transaction((tx) => work({ tx, newId, now, by }));
  return {
    start: (selection, rate, by) => change(by, (deps) => start(deps, selection, rate)),
    cancel: (replayId, by) => change(by, (deps) => cancel(deps, replayId)),
    async find(replayId) {
      const [row] = await orm.select().from(replays).where(eq(replays.id, replayId));
      return row && { ...row, progress: await progressOf(orm, replayId) };
    },
    async latest(limit) {
      const rows = await orm.select().from(replays).orderBy(desc(replays.id)).limit(limit);
      return Promise.all(rows.map(async (row) => ({ ...row, progress: await progressOf(orm, row.id) })));
    },
    discard: (selection, by) => change(by, (deps) => discard(deps, selection)),
    edit: (id, payload, by) => change(by, (deps) => edit(deps, id, payload)),
  };
}

async function start(deps: Deps, selection: DeadLetterSelection, rate: number): Promise<Replay | undefined> {
  const { tx, newId, by } = deps;
  const id = newId();
  const { actor, reason = null } = by;
  await tx.insert(replays).values({ id, state: "running", actor, reason, selection, rate, total: 0 });
  const { count: total } = await tx
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
  if (total === 0) {
    await tx.delete(replays).where(eq(replays.id, id));
    return undefined;
  }
  const [replay] = await tx.update(replays).set({ total }).where(eq(replays.id, id)).returning();
  await audit(deps, {
    action: "dead_letters.replayed",
    subject: onlyId(selection) ?? id,
    before: null,
    after: { replay: id, deadLetters: total, selection },
  });
  if (!replay) throw new Error(`the row of replay ${id} disappeared during its transaction`);
  return { ...replay, progress: await progressOf(tx, id) };
}

async function cancel(deps: Deps, replayId: string): Promise<boolean> {
  const { tx, now } = deps;
  if (!(await endReplay(tx, replayId, { state: "cancelled", detail: null }, now()))) return false;
  const progress = await progressOf(tx, replayId);
  await audit(deps, { action: "replay.cancelled", subject: replayId, before: null, after: progress });
  return true;
}

async function discard(deps: Deps, selection: DeadLetterSelection): Promise<number> {
  const { tx, now } = deps;
  // Lock in the order in which a replay locks them, so that the two cannot deadlock.
  const selected = tx
    .select({ id: deadLetters.id })
    .from(deadLetters)
    .where(and(eq(deadLetters.state, "dead"), matchesSelection(selection)))
    .orderBy(deadLetters.id)
    .for("update");
  const discarded = await tx
    .update(deadLetters)
    .set({ state: "discarded", resolvedAt: now(), updatedAt: sql`now()` })
    .where(inArray(deadLetters.id, selected))
    .returning({ id: deadLetters.id });
  if (discarded.length === 0) return 0;
  await discardEvents(
    tx,
    discarded.map(({ id }) => id),
  );
  await audit(deps, {
    action: "dead_letters.discarded",
    subject: onlyId(selection) ?? "dead_letters",
    before: { state: "dead" },
    after: { state: "discarded", deadLetters: discarded.length, selection },
  });
  return discarded.length;
}

async function edit(deps: Deps, id: string, payload: unknown): Promise<boolean> {
  const { tx } = deps;
  const [before] = await tx
    .select({ payload: deadLetters.payload })
    .from(deadLetters)
    .where(and(eq(deadLetters.id, id), eq(deadLetters.state, "dead")))
    .for("update");
  if (!before) return false;
  // Parsed like a webhook's body, which removes what Postgres cannot store.
  const parsed = parseJsonBody(Buffer.from(JSON.stringify(payload ?? null)));
  const after = parsed.ok ? parsed.value : payload;
  await tx
    .update(deadLetters)
    .set({ payload: jsonValue(after), payloadHash: contentHash(after), updatedAt: sql`now()` })
    .where(eq(deadLetters.id, id));
  await audit(deps, { action: "dead_letter.edited", subject: id, before: before.payload, after });
  return true;
}

function audit({ tx, newId, by }: Deps, entry: Omit<AuditEntry, "actor" | "reason">): Promise<void> {
  return createAuditLog({ orm: tx }, newId).record({ ...by, ...entry });
}

/** The id of a selection that consists of one dead letter. */
function onlyId({ ids = [] }: DeadLetterSelection): string | undefined {
  return ids.length === 1 ? ids[0] : undefined;
}
