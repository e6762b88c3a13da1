import type { Random } from "./random.ts";

/** The kinds of steps of the workload, and how often each occurs. */
const STEPS = [
  { kind: "text", weight: 28 },
  { kind: "batch", weight: 6 },
  { kind: "send", weight: 26 },
  { kind: "takeover", weight: 5 },
  { kind: "hand-back", weight: 6 },
  { kind: "image", weight: 4 },
  { kind: "reaction", weight: 2 },
  { kind: "edit", weight: 2 },
  { kind: "redelivery", weight: 6 },
  { kind: "broken", weight: 1 },
  { kind: "lead", weight: 5 },
  { kind: "won", weight: 4 },
  { kind: "call", weight: 2 },
  { kind: "merge", weight: 2 },
  { kind: "erase", weight: 0.4 },
  { kind: "replay", weight: 1 },
] as const;

/** See {@link STEPS}. */
export type StepKind = (typeof STEPS)[number]["kind"];

/** A step of the workload, with every decision about it. `at` is in ms from the start of the workload. */
export type Step = {
  kind: StepKind;
  at: number;
  /** Numbers the steps from 0, so that each step can make unique ids and texts. */
  index: number;
  /** Random numbers in [0, 1): which person or thing the step is about, and a variant of it. */
  subject: number;
  variant: number;
};

/** The mean time between two steps, in ms. */
const MEAN_INTERVAL_MS = 300;

/** Plans the steps of a run. */
export function planSteps(random: Random, runMs: number): Step[] {
  const steps: Step[] = [];
  for (let at = 0; at < runMs; at += random.whole(1, 2 * MEAN_INTERVAL_MS)) {
    const { kind } = random.weighted(STEPS);
    steps.push({ kind, at, index: steps.length, subject: random.number(), variant: random.number() });
  }
  return steps;
}
