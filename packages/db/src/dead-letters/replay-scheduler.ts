import { and, asc, eq, inArray, isNull, lt, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import { type DeadLetterState } from "@millrace/core";
import type { Database, Executor } from "../connection/database.ts";
import { deadLetters, messages, replayItems, replays, webhookEvents } from "../schema/index.ts";
import { payloadIds } from "../inbox/payload-ids.ts";
import type { DeadLetter } from "./list.ts";
import { completeItems, endReplay, progressOf } from "./replay-items.ts";
import { dueCount, failureOf, releasableCount } from "./replay-pace.ts";
import type { Replay } from "./replays.ts";

/** What workers do for running replays. Any number may call it at once: one worker at a time advances a replay. */
export type ReplayScheduler = {
  /**
   * Ends replays that are complete or fail too often, and marks the next dead letters of the others as replaying. The
   * caller requeues the jobs of those in `released`; {@link ReplayScheduler.overdue} returns the ones that get lost.
   */
  step(at: Date): Promise<{ released: DeadLetter[]; ended: Replay[] }>;
  /** Returns dead letters that are replaying since before `before`, and marks them as checked at `at`. */
  overdue(before: Date, at: Date): Promise<DeadLetter[]>;
  /** Resolves a dead letter of a completed job if its event is done. */
  resolveDone(deadLetter: DeadLetter): Promise<void>;
  /** Returns a dead letter to the state `dead`, because its job could not be requeued. */
  markDead(deadLetter: DeadLetter): Promise<void>;
};

/** How many overdue dead letters one call returns. */
const OVERDUE_LIMIT = 100;

/** {@link ReplayScheduler} on the tables replays, replay_items and dead_letters. */
export function createReplayScheduler({ orm }: Database): ReplayScheduler {
  return {
    step: (at) =>
      orm.transaction(async (tx) => {
        const running = await tx
          .select()
          .from(replays)
          .where(eq(replays.state, "running"))
          .orderBy(asc(replays.id))
          .for("update", { skipLocked: true });
        const released: DeadLetter[] = [];
        const ended: Replay[] = [];
        for (const replay of running) {
          const stepped = await stepReplay(tx, replay, at);
          if (Array.isArray(stepped)) released.push(...stepped);
          else ended.push(stepped);
        }
        return { released, ended };
      }),
    overdue: (before, at) =>
      orm.transaction(async (tx) => {
        const items = await tx
          .select({ id: replayItems.deadLetterId })
          .from(replayItems)
          .where(and(eq(replayItems.state, "replaying"), lt(replayItems.checkedAt, before)))
          .orderBy(asc(replayItems.checkedAt))
          .limit(OVERDUE_LIMIT)
          .for("update", { skipLocked: true });
        const ids = items.map(({ id }) => id);
        if (ids.length === 0) return [];
        await tx
          .update(replayItems)
          .set({ checkedAt: at })
          .where(and(inArray(replayItems.deadLetterId, ids), eq(replayItems.state, "replaying")));
        const checked = await tx.select().from(deadLetters).where(inArray(deadLetters.id, ids));
        // A dead letter that left the state otherwise, such as by an erasure, must not keep the replay running.
        const ended = checked.filter(({ state }) => state !== "replaying");
        for (const { id, state } of ended) await completeItems(tx, [id], state === "resolved" ? "resolved" : "skipped");
        return checked.filter((deadLetter) => !ended.includes(deadLetter));
      }),
    resolveDone: ({ id, integration, eventId }) =>
      orm.transaction(async (tx) => {
        const [event] = await tx
          .select({ status: webhookEvents.status })
          .from(webhookEvents)
          .where(and(eq(webhookEvents.integration, integration), eq(webhookEvents.eventId, eventId)));
        if (event?.status !== "done") return;
        await tx
          .update(deadLetters)
          .set({ state: "resolved", resolvedAt: sql`now()`, updatedAt: sql`now()` })
          .where(and(eq(deadLetters.id, id), eq(deadLetters.state, "replaying")));
        await completeItems(tx, [id], "resolved");
      }),
    markDead: (deadLetter) => orm.transaction((tx) => markDead(tx, deadLetter)),
  };
}

/** Advances one replay: returns the dead letters that it releases, or the replay if this step ends it. */
async function stepReplay(tx: Executor, replay: typeof replays.$inferSelect, at: Date): Promise<DeadLetter[] | Replay> {
  const due = dueCount(replay, at);
  // Counting 50,000 dead letters takes a while, and every worker calls this several times a second.
  if (due.count < 1) return [];
  const progress = await progressOf(tx, replay.id);
  const failure = await failureOf(tx, replay.id);
  const isComplete = progress.waiting === 0 && progress.replaying === 0;
  // Once nothing waits, a failure has nothing left to stop: the replay is done.
  const end =
    failure !== undefined && progress.waiting > 0
      ? ({ state: "stopped", detail: failure } as const)
      : ({ state: "done", detail: null } as const);
  if (end.state === "stopped" || isComplete) {
    await endReplay(tx, replay.id, end, at);
    return { ...replay, ...end, endedAt: at, progress: await progressOf(tx, replay.id) };
  }
  if (failure !== undefined) return [];
  const count = releasableCount(progress, due);
  if (count === 0) return [];
  const releasedAt = new Date(due.since + (count * 1_000) / replay.rate);
  await tx.update(replays).set({ releasedAt }).where(eq(replays.id, replay.id));
  return release(tx, replay.id, count, at);
}

/** Marks the next dead letters as replaying, oldest first, and skips those that are no longer dead. */
async function release(tx: Executor, replayId: string, count: number, at: Date): Promise<DeadLetter[]> {
  // FOR UPDATE OF accepts no schema-qualified name, so the table needs an alias.
  const locked = alias(deadLetters, "dead_letter");
  const next = await tx
    .select({ deadLetter: locked })
    .from(replayItems)
    .innerJoin(locked, eq(locked.id, replayItems.deadLetterId))
    .where(and(eq(replayItems.replayId, replayId), eq(replayItems.state, "waiting")))
    .orderBy(asc(replayItems.deadLetterId))
    .limit(count)
    .for("update", { of: locked });
  const candidates = next.map(({ deadLetter }) => deadLetter);
  const dead = candidates.filter(({ state }) => state === "dead");
  const mark = async (marked: readonly DeadLetter[], change: Partial<typeof replayItems.$inferInsert>) => {
    if (marked.length === 0) return;
    const ids = marked.map(({ id }) => id);
    await tx
      .update(replayItems)
      .set(change)
      .where(and(eq(replayItems.replayId, replayId), inArray(replayItems.deadLetterId, ids)));
  };
  await mark(dead, { state: "replaying", checkedAt: at });
  await mark(
    candidates.filter((deadLetter) => !dead.includes(deadLetter)),
    { state: "skipped", completedAt: at },
  );
  await requeueMessages(tx, dead);
  if (dead.length > 0)
    await tx
      .update(deadLetters)
      .set({ state: "replaying" satisfies DeadLetterState, updatedAt: sql`now()` })
      .where(
        inArray(
          deadLetters.id,
          dead.map(({ id }) => id),
        ),
      );
  return dead;
}

async function markDead(tx: Executor, { id, kind, payload, error }: DeadLetter): Promise<void> {
  const marked = await tx
    .update(deadLetters)
    .set({ state: "dead", updatedAt: sql`now()` })
    .where(and(eq(deadLetters.id, id), eq(deadLetters.state, "replaying")));
  await completeItems(tx, [id], "skipped");
  const { messageId } = payloadIds(payload);
  if (marked.count === 0 || kind !== "send" || messageId === undefined) return;
  // The opposite of requeueMessages: the messages behind it must not wait for it.
  await tx
    .update(messages)
    .set({ status: "failed", error, updatedAt: sql`now()` })
    .where(and(eq(messages.id, messageId), inArray(messages.status, ["queued", "sending"])));
}

/**
 * Sets failed messages to `queued` again, so that messages of one conversation are sent in their order: a message waits
 * for earlier queued ones, but not for failed ones.
 */
async function requeueMessages(tx: Executor, replayed: readonly DeadLetter[]): Promise<void> {
  const ids = replayed
    .filter(({ kind }) => kind === "send")
    .flatMap(({ payload }) => payloadIds(payload).messageId ?? []);
  if (ids.length === 0) return;
  await tx
    .update(messages)
    .set({ status: "queued", updatedAt: sql`now()` })
    .where(and(inArray(messages.id, ids), eq(messages.status, "failed"), isNull(messages.externalId)));
}
