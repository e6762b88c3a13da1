import type { CheckResult } from "./check-result.ts";
import { personFinder } from "./people.ts";
import { keyOf, type Snapshot } from "./snapshot.ts";

/** A 2xx can arrive this long after the fault in which the store lost its event, in ms. */
const ANSWER_MS = 1_000;

/** 1, 2: each acknowledged event is done, waiting, dead or discarded, unless the store lost it or an erasure removed it. */
export function accounting({ observations, events, traced, erasedUntil, questions }: Snapshot): CheckResult {
  const counts = { acknowledged: 0, done: 0, waiting: 0, dead: 0, discarded: 0, erased: 0, "lost by the store": 0 };
  const violations: string[] = [];
  const losses = observations.faults.filter(({ losesQueueData }) => losesQueueData).map(({ to }) => to + ANSWER_MS);
  const lastLoss = Math.max(0, ...losses);
  // An erasure that was interrupted is completed by a later one.
  const erasedAt = (person: number | undefined) =>
    Math.max(
      0,
      ...observations.erasures
        .filter((erasure) => erasure.person === person)
        .map(({ at }) => Math.max(at, erasedUntil)),
    );
  const personIn = personFinder(questions);
  const unique = new Map(observations.acknowledged.map((event) => [keyOf(event), event]));
  for (const event of unique.values()) {
    counts.acknowledged += 1;
    const state = event.eventId.endsWith("*")
      ? stateOfAnswers(events, keyOf(event).slice(0, -1))
      : (events.get(keyOf(event)) ?? traced.get(keyOf(event)));
    if (state === "done" || state === "dead" || state === "discarded") counts[state] += 1;
    else if (state !== undefined) {
      counts.waiting += 1;
      violations.push(`${keyOf(event)} is ${state}`);
    } else if (event.at <= erasedAt(personIn(event.about))) counts.erased += 1;
    else if (event.at <= lastLoss) counts["lost by the store"] += 1;
    else violations.push(`${keyOf(event)} is unknown`);
  }
  return { check: "1, 2: acknowledged = done + waiting + dead + discarded", counts, violations };
}

/** The state of the answers to one AI turn: their event ids begin with `prefix`. */
function stateOfAnswers(events: Snapshot["events"], prefix: string): string | undefined {
  const states = [...events].filter(([key]) => key.startsWith(prefix)).map(([, status]) => status);
  return states.includes("done") ? "done" : states[0];
}

/** 2, 15: nothing is unfinished. */
export function unfinished({ quiet }: Snapshot): CheckResult {
  return {
    check: "2, 15: nothing is unfinished",
    counts: { "seconds of quiet": Math.round(quiet.ms / 1000) },
    violations: quiet.unfinished.map(({ what, ids }) => `${ids.length} ${what}: ${ids.slice(0, 10).join(", ")}`),
  };
}

/** The store can lose the answer of the AI. */
const EXPECTED = /did not answer within/;

/** 8, 14: a dead event has a dead letter, and no job died because something was away. */
export function deadLetters({ events, deadLetters: rows, observations }: Snapshot): CheckResult {
  const known = new Set(rows.map(keyOf));
  const open = rows.filter(({ state }) => state === "dead");
  const kinds = Object.groupBy(open, ({ errorKind }) => errorKind);
  const counts = Object.fromEntries(Object.entries(kinds).map(([kind, some]) => [kind, some?.length ?? 0]));
  const withoutDeadLetter = [...events].filter(([key, status]) => status === "dead" && !known.has(key));
  // A job that stalled three times is dead, because it may be what ends its workers. Kills at random hit some job so often.
  const outages = open.filter(
    ({ errorKind, error }) => errorKind !== "permanent" && errorKind !== "stalled" && !EXPECTED.test(error),
  );
  const stalled = open.filter(({ errorKind }) => errorKind === "stalled");
  const losses = observations.faults.filter(({ resource }) => resource.startsWith("worker"));
  return {
    check: "8, 14: dead letters",
    counts,
    violations: [
      ...withoutDeadLetter.map(([key]) => `${key} is dead without a dead letter`),
      ...outages.map((row) => `${keyOf(row)}: ${row.errorKind}: ${row.error}`),
      ...(stalled.length > losses.length ? [`${stalled.length} stalled jobs of ${losses.length} lost workers`] : []),
    ],
  };
}
