import type { ChaosDeployment } from "../deployment/deployment.ts";
import type { PlannedFault } from "../plan/faults.ts";

/** Does a fault for its duration and ends it. May return a note for the report. */
export type Inject = (deployment: ChaosDeployment, fault: PlannedFault) => Promise<string | void>;
