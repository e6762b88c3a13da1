import { accounting, deadLetters, unfinished } from "./checks/accounting.ts";
import { effects } from "./checks/effects.ts";
import type { Finding } from "./checks/finding.ts";
import { ingestLatency, secretsInOutput } from "./checks/ingest.ts";
import { order } from "./checks/order.ts";
import { readSnapshot } from "./checks/snapshot.ts";
import { statuses, watchStatuses } from "./checks/statuses.ts";
import { takeovers } from "./checks/takeovers.ts";
import { startChaosDeployment } from "./deployment/deployment.ts";
import { injectFaults } from "./inject.ts";
import { createLedger, type InjectedFault } from "./ledger.ts";
import type { Plan } from "./plan/plan.ts";
import { createPlatform, type Platform } from "./platform.ts";
import { waitForQuiet } from "./quiet.ts";
import { openConversations, runSteps } from "./workload/workload.ts";

/** The result of a run. */
export type ChaosReport = {
  seed: number;
  backend: string;
  minutes: number;
  findings: Finding[];
  /** What was finished last. */
  last: string[];
  faults: InjectedFault[];
  /** The output of processes that ended by themselves. They started again. */
  crashes: string[];
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
  const ledger = createLedger();
  let platform: Platform | undefined;
  const deployment = await startChaosDeployment(plan, (ingestUrl, environment) => {
    const callers = createPlatform(ingestUrl, environment, ledger);
    platform = callers;
    return async (delivery) => void (await callers.deliver(delivery));
  });
  if (!platform) throw new Error("the deployment has no callers");
  const watching = new AbortController();
  try {
    const context = { seed: plan.seed, deployment, platform, ledger };
    const conversationsOf = await openConversations(context);
    const watch = watchStatuses(deployment, ledger, watching.signal);
    const faults = injectFaults(plan.faults, deployment, ledger);
    const { ended } = await runSteps(plan.steps, { ...context, conversationsOf, delivered: [] });
    await faults;
    await ended;
    const callers = platform;
    const quiet = await waitForQuiet(deployment, () => callers.unacknowledged());
    watching.abort();
    await watch;
    platform.end();
    const snapshot = await readSnapshot(deployment, ledger, quiet);
    return {
      seed: plan.seed,
      backend: plan.backend,
      minutes: plan.runMs / 60_000,
      findings: CHECKS.map((check) => check(snapshot)),
      last: quiet.last,
      faults: ledger.faults,
      crashes: Object.values(deployment.apps).flatMap((app) => app.crashes()),
    };
  } finally {
    watching.abort();
    platform.end();
    await deployment.close();
  }
}
