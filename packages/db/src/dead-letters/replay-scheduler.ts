import { and, asc, desc, eq, inArray, isNotNull, isNull, lt, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import { type DeadLetterState } from "@millrace/core";
import type { Database, Executor } from "../connection/database.ts";
import { deadLetters, messages, replayItems, replays, webhookEvents } from "../schema/index.ts";
import { payloadIds } from "../inbox/payload-ids.ts";
import type { DeadLetter } from "./list.ts";
import { endReplay, progressOf, type Replay, completeItems } from "./replays.ts";

/** What a worker does for the replays that run. Any number of workers may: a replay is stepped by one at a time. */
export type ReplayScheduler = {
  /**
   * Ends the replays that are through or fail too much, and marks as replaying the letters whose turn it is. Tells them:
   * their jobs are to be put into their queues now, and will be asked for by {@link ReplayScheduler.overdue} until they are.
   */
  step(at: Date): Promise<{ released: DeadLetter[]; ended: Replay[] }>;
  /** Letters that replay since before `before`, whose jobs are to be looked for; they are not told again until then. */
  overdue(before: Date, at: Date): Promise<DeadLetter[]>;
  /** Settles a letter whose job has completed, where its event is done and nobody has settled it. */
  completeDone(letter: DeadLetter): Promise<void>;
  /** It could not be put back: it is dead as before. */
  returnDead(letter: DeadLetter): Promise<void>;
};

/**
 * A replay begins with the first, goes on with ten, and only then with the rest: a cause that is not gone costs one
 * attempt, not 50,000.
 */
const CANARIES = [1, 10] as const;

/** A replay stops when more than this part of those that ended last died again. */
const MOST_DEAD = 0.2;

/** How many that ended last are looked at. */
const LOOKED_AT = 100;

/** The longest pause that is made up for, in ms: a worker that comes back must not put a minute's worth back at once. */
const LONGEST_ARREARS_MS = 1_000;

/** Jobs looked for in one go. */
const OVERDUE_AT_ONCE = 100;

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
          .limit(OVERDUE_AT_ONCE)
          .for("update", { skipLocked: true });
        const ids = items.map(({ id }) => id);
        if (ids.length === 0) return [];
        await tx
          .update(replayItems)
          .set({ checkedAt: at })
          .where(and(inArray(replayItems.deadLetterId, ids), eq(replayItems.state, "replaying")));
        const letters = await tx.select().from(deadLetters).where(inArray(deadLetters.id, ids));
        // What was settled or discarded past the replay, as by an erasure, must not keep it from ending.
        const past = letters.filter(({ state }) => state !== "replaying");
        for (const { id, state } of past) await completeItems(tx, [id], state === "resolved" ? "resolved" : "skipped");
        return letters.filter((letter) => !past.includes(letter));
      }),
    completeDone: ({ id, integration, eventId }) =>
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
    returnDead: ({ id }) =>
      orm.transaction(async (tx) => {
        await tx
          .update(deadLetters)
          .set({ state: "dead", updatedAt: sql`now()` })
          .where(and(eq(deadLetters.id, id), eq(deadLetters.state, "replaying")));
        await completeItems(tx, [id], "skipped");
      }),
  };
}

async function stepReplay(tx: Executor, replay: typeof replays.$inferSelect, at: Date): Promise<DeadLetter[] | Replay> {
  const since = Math.max(
    replay.releasedAt?.getTime() ?? at.getTime() - LONGEST_ARREARS_MS,
    at.getTime() - LONGEST_ARREARS_MS,
  );
  const due = { rate: replay.rate, places: Math.floor(((at.getTime() - since) * replay.rate) / 1_000) };
  // Counting 50,000 letters takes a while, and every worker comes by several times a second.
  if (due.places < 1) return [];
  const progress = await progressOf(tx, replay.id);
  const failing = await failureOf(tx, replay.id);
  const isThrough = progress.waiting === 0 && progress.replaying === 0;
  if (failing !== undefined || isThrough) {
    // The last ones dying again is no reason to say that the rest was left.
    const end =
      failing !== undefined && progress.waiting > 0
        ? ({ state: "stopped", detail: failing } as const)
        : ({ state: "done", detail: null } as const);
    if (end.state === "done" && !isThrough) return [];
    await endReplay(tx, replay.id, end, at);
    return { ...replay, ...end, endedAt: at, progress: await progressOf(tx, replay.id) };
  }
  const places = releasableCount(progress, due);
  if (places === 0) return [];
  const usedUntil = new Date(since + (places * 1_000) / replay.rate);
  await tx.update(replays).set({ releasedAt: usedUntil }).where(eq(replays.id, replay.id));
  return release(tx, replay.id, places, at);
}

/** How many letters may be put back now; `due` is how many the pace allows. */
export function releasableCount(
  { replaying, resolved, dead }: Replay["progress"],
  due: { rate: number; places: number },
): number {
  const ended = resolved + dead;
  const begun = ended + replaying;
  let canaries = 0;
  for (const more of CANARIES) {
    canaries += more;
    if (begun < canaries) return Math.min(due.places, canaries - begun);
    if (ended < canaries) return 0;
  }
  // Workers that cannot keep up must not find more of these than of the second before.
  return Math.max(0, Math.min(due.places, Math.max(due.rate, 10) - replaying));
}

/** Why a replay must stop; undefined while it need not. */
async function failureOf(tx: Executor, replayId: string): Promise<string | undefined> {
  const last = await tx
    .select({ state: replayItems.state })
    .from(replayItems)
    .where(and(eq(replayItems.replayId, replayId), isNotNull(replayItems.completedAt)))
    .orderBy(desc(replayItems.completedAt))
    .limit(LOOKED_AT);
  const ended = last.filter(({ state }) => state !== "skipped");
  const dead = ended.filter(({ state }) => state === "dead").length;
  return dead > ended.length * MOST_DEAD ? `${dead} of the last ${ended.length} died again` : undefined;
}

/** Marks the next letters as replaying, earliest death first; those that are no longer dead are left. */
async function release(tx: Executor, replayId: string, places: number, at: Date): Promise<DeadLetter[]> {
  // FOR UPDATE OF takes no schema: the table goes by an alias.
  const locked = alias(deadLetters, "dead_letter");
  const next = await tx
    .select({ letter: locked })
    .from(replayItems)
    .innerJoin(locked, eq(locked.id, replayItems.deadLetterId))
    .where(and(eq(replayItems.replayId, replayId), eq(replayItems.state, "waiting")))
    .orderBy(asc(replayItems.deadLetterId))
    .limit(places)
    .for("update", { of: locked });
  const letters = next.map(({ letter }) => letter);
  const dead = letters.filter(({ state }) => state === "dead");
  const mark = async (which: readonly DeadLetter[], change: Partial<typeof replayItems.$inferInsert>) => {
    if (which.length === 0) return;
    const ids = which.map(({ id }) => id);
    await tx
      .update(replayItems)
      .set(change)
      .where(and(eq(replayItems.replayId, replayId), inArray(replayItems.deadLetterId, ids)));
  };
  await mark(dead, { state: "replaying", checkedAt: at });
  await mark(
    letters.filter((letter) => !dead.includes(letter)),
    { state: "skipped", completedAt: at },
  );
  await awaitTheirTurn(tx, dead);
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

/**
 * Messages that are put back together leave in the order they were accepted: each waits again for those before it, which
 * one that has failed does not.
 */
async function awaitTheirTurn(tx: Executor, letters: readonly DeadLetter[]): Promise<void> {
  const ids = letters
    .filter(({ kind }) => kind === "send")
    .flatMap(({ payload }) => payloadIds(payload).messageId ?? []);
  if (ids.length === 0) return;
  await tx
    .update(messages)
    .set({ status: "queued", updatedAt: sql`now()` })
    .where(and(inArray(messages.id, ids), eq(messages.status, "failed"), isNull(messages.externalId)));
}
