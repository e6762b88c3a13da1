import type { Delivery } from "@millrace/sandbox";
import type { ChaosDeployment } from "../deployment/deployment.ts";
import type { Observations } from "../observations.ts";
import type { Step } from "../plan/steps.ts";
import type { Platform } from "../platform.ts";
import type { Person } from "./people.ts";

/** What the steps of the workload share. */
export type WorkloadContext = {
  seed: number;
  deployment: ChaosDeployment;
  platform: Platform;
  observations: Observations;
  /** The ids of a person's conversations when the run began. A merge makes one of two an alias. */
  conversationsOf(person: Person): readonly string[];
  /** The webhooks that were acknowledged, which a platform may repeat. */
  delivered: Delivery[];
};

/** Does one kind of step. */
export type Action = (step: Step) => Promise<unknown>;
