import { inTurn } from "../e2e/in-turn.ts";
import { accounting, deadLetters, unfinished } from "./checks/accounting.ts";
import { effects } from "./checks/effects.ts";
import type { CheckResult } from "./checks/check-result.ts";
import { ingestLatency, secretsInOutput } from "./checks/ingest.ts";
import { order } from "./checks/order.ts";
import { readSnapshot } from "./checks/snapshot.ts";
import { type Evidence, readEvidence } from "./evidence.ts";
import { statuses, watchStatuses } from "./checks/statuses.ts";
import { takeovers } from "./checks/takeovers.ts";
import { startChaosDeployment } from "./deployment/deployment.ts";
import { injectFaults } from "./inject-faults.ts";
import { createObservations, type InjectedFault } from "./observations.ts";
import type { Plan } from "./plan/plan.ts";
import { createPlatform, type Platform } from "./platform.ts";
import { waitForQuiet } from "./quiet.ts";
import { openConversations, runSteps } from "./workload/workload.ts";

/** The result of a run. */
export type ChaosReport = {
  seed: number;
  backend: string;
  minutes: number;
  results: CheckResult[];
  /** What was finished last. */
  last: string[];
  faults: InjectedFault[];
  /** The output of processes that ended by themselves. They started again. */
  crashes: string[];
  /** What explains the violations; undefined when there are none. */
  evidence: Evidence | undefined;
};

const CHECKS = [
  accounting,
  unfinished,
  deadLetters,
  effects,
  order,
  takeovers,
  statuses,
  ingestLatency,
  secretsInOutput,
];

/** Does a planned run on a new deployment, waits until everything is finished, and checks the guarantees. */
export async function runChaos(plan: Plan): Promise<ChaosReport> {
  const observations = createObservations();
  let platform: Platform | undefined;
  const deployment = await inTurn(() =>
    startChaosDeployment(plan, (ingestUrl, environment) => {
      const callers = createPlatform(ingestUrl, environment, observations);
      platform = callers;
      return async (delivery) => void (await callers.deliver(delivery));
    }),
  );
  if (!platform) throw new Error("the deployment has no callers");
  const watching = new AbortController();
  try {
    const context = { seed: plan.seed, deployment, platform, observations };
    const conversationsOf = await openConversations(context);
    const watch = watchStatuses(deployment, observations, watching.signal);
    const faults = injectFaults(plan.faults, deployment, observations);
    const { ended } = await runSteps(plan.steps, { ...context, conversationsOf, delivered: [] });
    await faults;
    await ended;
    const callers = platform;
    const quiet = await waitForQuiet(deployment, () => callers.unacknowledged());
    watching.abort();
    await watch;
    platform.end();
    const snapshot = await readSnapshot(deployment, observations, quiet);
    const results = CHECKS.map((check) => check(snapshot));
    return {
      seed: plan.seed,
      backend: plan.backend,
      minutes: plan.runMs / 60_000,
      results,
      last: quiet.last,
      faults: observations.faults,
      crashes: Object.values(deployment.apps).flatMap((app) => app.crashes()),
      evidence: results.some(({ violations }) => violations.length > 0)
        ? await readEvidence(deployment, snapshot)
        : undefined,
    };
  } finally {
    watching.abort();
    platform.end();
    await deployment.close();
  }
}
