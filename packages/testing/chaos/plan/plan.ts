import { type Backend, planFaults, type PlannedFault } from "./faults.ts";
import { createRandom } from "./random.ts";
import { planSteps, type Step } from "./steps.ts";

/** Every decision of a run. The same seed, duration and backend always make the same plan. */
export type Plan = {
  seed: number;
  backend: Backend;
  runMs: number;
  steps: readonly Step[];
  faults: readonly PlannedFault[];
  /** How far the clock of the third worker is ahead, in ms. */
  clockOffsetMs: number;
};

/** Shortens a plan to a share of its time. All its steps and faults remain, and follow each other faster. */
export function shortenPlan(plan: Plan, share: number): Plan {
  const shorten = (ms: number) => Math.round(ms * share);
  return {
    ...plan,
    runMs: shorten(plan.runMs),
    steps: plan.steps.map((step) => ({ ...step, at: shorten(step.at) })),
    faults: plan.faults.map((fault) => ({
      ...fault,
      at: shorten(fault.at),
      durationMs: shorten(fault.durationMs),
    })),
  };
}

/** The time without faults at the start, in ms. */
const CALM_MS = 2_000;

/** Plans a run of `runMs`. */
export function planRun(seed: number, backend: Backend, runMs: number): Plan {
  // One generator each, so that a new kind of step leaves the faults of a seed as they are.
  return {
    seed,
    backend,
    runMs,
    steps: planSteps(createRandom(seed), runMs),
    faults: planFaults(createRandom(seed + 1_000_003), backend, CALM_MS, runMs),
    clockOffsetMs: createRandom(seed + 2_000_003).pick([-300_000, 300_000]),
  };
}
