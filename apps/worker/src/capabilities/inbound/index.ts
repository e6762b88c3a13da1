import type { WorkerCapability } from "../capability.ts";
import { createEventProcessor } from "./event.ts";

/** Processes the events of webhooks and of API calls. */
export const inbound: WorkerCapability<"inbound"> = {
  run: ({ adapter }, { fetchPorts, ...deps }) => ({
    processors: { inbound: createEventProcessor({ ...deps, handler: adapter, ports: fetchPorts }) },
  }),
};
