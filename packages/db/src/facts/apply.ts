import type { Fact, FactOf, Outcome } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import type { EventContext } from "../inbox/event-context.ts";

/**
 * Applies facts of one kind in their order. Resolves with the event's outcome where applying the facts decides it, e.g.
 * `ignored` for a takeover of a conversation that is taken over already.
 */
export type Apply<Kind extends Fact["fact"]> = (
  tx: Executor,
  context: EventContext,
  facts: readonly FactOf<Kind>[],
) => Promise<Outcome | undefined | void>;
