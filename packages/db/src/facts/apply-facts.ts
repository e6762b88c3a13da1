import type { Fact, FactOf, Handled, Outcome } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import type { EventContext } from "../inbox/event-context.ts";
import type { Apply } from "./apply.ts";
import { applyAnswers } from "./answers.ts";
import { applyIdentitiesJoined, applyMarketing } from "./contacts.ts";
import { applyActivities, applyModes, applyReachability, applyThreadsMoved } from "./conversations.ts";
import { applyConversions, applyWon } from "./conversions.ts";
import { applyLeads } from "./leads.ts";
import { applyMessageChanges, applyMessages, applyStatuses } from "./messages.ts";
import { applyMessagesSent, applyMessagesSuppressed, applySendRequests } from "./outbox.ts";

const APPLY: { readonly [Kind in Fact["fact"]]: Apply<Kind> } = {
  message: applyMessages,
  activity: applyActivities,
  status: applyStatuses,
  message_changed: applyMessageChanges,
  message_sent: applyMessagesSent,
  message_suppressed: applyMessagesSuppressed,
  thread_moved: applyThreadsMoved,
  reachability: applyReachability,
  identities_joined: applyIdentitiesJoined,
  marketing: applyMarketing,
  lead: applyLeads,
  won: applyWon,
  conversion: applyConversions,
  send_requested: applySendRequests,
  answer: applyAnswers,
  mode: applyModes,
  scope_paused: async (_tx, { pauses }, facts) => void pauses.push(...facts),
};

/**
 * Applies an event's facts in their order and returns its outcome. Consecutive facts of one kind are applied together.
 * @throws ProviderError when a fact cannot be applied, e.g. because no tenant owns its account
 */
export async function applyFacts(
  tx: Executor,
  context: EventContext,
  { facts, ...outcome }: Handled,
): Promise<Outcome> {
  let decided: Outcome | undefined;
  for (const run of runsOf(facts)) decided = (await applyRun(tx, context, run)) ?? decided;
  return decided ?? outcome;
}

function applyRun<Kind extends Fact["fact"]>(tx: Executor, context: EventContext, run: Run<Kind>) {
  return APPLY[run.kind](tx, context, run.facts);
}

/** Consecutive facts of one kind. */
type Run<Kind extends Fact["fact"]> = { kind: Kind; facts: FactOf<Kind>[] };

function runsOf(facts: readonly Fact[]): Run<Fact["fact"]>[] {
  const runs: Run<Fact["fact"]>[] = [];
  for (const fact of facts) {
    const last = runs.at(-1);
    if (last?.kind === fact.fact) last.facts.push(fact);
    else runs.push({ kind: fact.fact, facts: [fact] });
  }
  return runs;
}
