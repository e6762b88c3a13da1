import type { Environment } from "../runtime/environment.ts";

/** How an integration offers a capability. `Adapter` is what the worker calls. */
export type CapabilityReader<Adapter> = {
  /** Returns undefined when the capability is switched off. Throws EnvironmentError. */
  read(environment: Environment): Adapter | undefined;
};
