import { and, asc, eq, inArray, sql } from "drizzle-orm";
import type { Executor } from "../connection/database.ts";
import { type conversations, messages, turns } from "../schema/index.ts";
import { type Following, turnJob } from "../inbox/follow-up-jobs.ts";
import { OPEN_TURN } from "./debounce.ts";

type Conversation = Pick<typeof conversations.$inferSelect, "id" | "mode" | "epoch">;

/**
 * Makes the turns of two conversations those of the one that stays. In the AI's hands the earlier open question holds
 * what both were about and is asked anew. In a person's, what was not answered is there for the hand-back, which goes
 * by the epoch before the person's.
 */
export async function mergeTurns(
  tx: Executor,
  { assistant, followUps }: Following,
  kept: Conversation,
  gone: Conversation,
  { mode, epoch }: Pick<Conversation, "mode" | "epoch">,
): Promise<void> {
  const both = [kept.id, gone.id];
  const open = await tx
    .select({ id: turns.id, askAt: turns.askAt })
    .from(turns)
    .where(and(inArray(turns.conversationId, both), inArray(turns.state, OPEN_TURN)))
    .orderBy(asc(turns.openedAt), asc(turns.id));
  const [first, ...later] = open;
  const others = later.map(({ id }) => id);
  const ended = { endedAt: sql`now()`, updatedAt: sql`now()` };
  if (mode === "human") {
    if (first !== undefined)
      await tx
        .update(turns)
        .set({ state: "taken_over", epoch: epoch - 1, ...ended })
        .where(inArray(turns.id, [first.id, ...others]));
    for (const side of [kept, gone].filter((conversation) => conversation.mode === "human")) {
      await tx
        .update(messages)
        .set({ epoch })
        .where(
          and(eq(messages.conversationId, side.id), eq(messages.direction, "inbound"), eq(messages.epoch, side.epoch)),
        );
      await tx
        .update(turns)
        .set({ epoch: epoch - 1 })
        .where(and(eq(turns.conversationId, side.id), eq(turns.state, "taken_over"), eq(turns.epoch, side.epoch - 1)));
    }
  } else {
    // What the AI answered and is still to be sent was asked for in what is one conversation now.
    for (const side of [kept, gone])
      await tx
        .update(messages)
        .set({ epoch })
        .where(
          and(
            eq(messages.conversationId, side.id),
            eq(messages.author, "ai"),
            inArray(messages.status, ["queued", "sending"]),
            eq(messages.epoch, side.epoch),
          ),
        );
  }
  if (mode === "ai" && first !== undefined) {
    if (others.length > 0) {
      await tx
        .update(messages)
        .set({ turnId: first.id })
        .where(and(inArray(messages.turnId, others), eq(messages.direction, "inbound")));
      await tx
        .update(turns)
        .set({ state: "superseded", ...ended })
        .where(inArray(turns.id, others));
    }
    await tx
      .update(turns)
      .set({ state: "gathering", asks: 0, epoch, updatedAt: sql`now()` })
      .where(eq(turns.id, first.id));
    if (assistant) followUps.push({ ...turnJob(assistant.source, first.id, first.askAt), wake: true });
  }
  await tx.update(turns).set({ conversationId: kept.id }).where(eq(turns.conversationId, gone.id));
}
