import { and, asc, eq, inArray, sql } from "drizzle-orm";
import type { Executor } from "../connection/database.ts";
import { type conversations, messages, aiTurns } from "../schema/index.ts";
import { type EventContext, turnJob } from "../inbox/follow-up-jobs.ts";
import { OPEN_TURN } from "./debounce.ts";

type Conversation = Pick<typeof conversations.$inferSelect, "id" | "mode" | "epoch">;

/**
 * Makes the turns of two conversations those of the one that stays. In the AI's hands the earlier open question holds
 * what both were about and is asked anew. In a person's, what was not answered is there for the hand-back, which goes
 * by the epoch before the person's.
 */
export async function mergeAiTurns(
  tx: Executor,
  { assistant, followUps }: EventContext,
  kept: Conversation,
  gone: Conversation,
  { mode, epoch }: Pick<Conversation, "mode" | "epoch">,
): Promise<void> {
  const both = [kept.id, gone.id];
  const open = await tx
    .select({ id: aiTurns.id, dispatchAt: aiTurns.dispatchAt })
    .from(aiTurns)
    .where(and(inArray(aiTurns.conversationId, both), inArray(aiTurns.state, OPEN_TURN)))
    .orderBy(asc(aiTurns.openedAt), asc(aiTurns.id));
  const [first, ...later] = open;
  const others = later.map(({ id }) => id);
  const ended = { endedAt: sql`now()`, updatedAt: sql`now()` };
  if (mode === "human") {
    if (first !== undefined)
      await tx
        .update(aiTurns)
        .set({ state: "taken_over", epoch: epoch - 1, ...ended })
        .where(inArray(aiTurns.id, [first.id, ...others]));
    for (const side of [kept, gone].filter((conversation) => conversation.mode === "human")) {
      await tx
        .update(messages)
        .set({ epoch })
        .where(
          and(eq(messages.conversationId, side.id), eq(messages.direction, "inbound"), eq(messages.epoch, side.epoch)),
        );
      await tx
        .update(aiTurns)
        .set({ epoch: epoch - 1 })
        .where(
          and(eq(aiTurns.conversationId, side.id), eq(aiTurns.state, "taken_over"), eq(aiTurns.epoch, side.epoch - 1)),
        );
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
        .set({ aiTurnId: first.id })
        .where(and(inArray(messages.aiTurnId, others), eq(messages.direction, "inbound")));
      await tx
        .update(aiTurns)
        .set({ state: "superseded", ...ended })
        .where(inArray(aiTurns.id, others));
    }
    await tx
      .update(aiTurns)
      .set({ state: "debouncing", dispatches: 0, epoch, updatedAt: sql`now()` })
      .where(eq(aiTurns.id, first.id));
    if (assistant) followUps.push({ ...turnJob(assistant.integration, first.id, first.dispatchAt), promote: true });
  }
  await tx.update(aiTurns).set({ conversationId: kept.id }).where(eq(aiTurns.conversationId, gone.id));
}
