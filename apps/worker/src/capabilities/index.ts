import { ai } from "./ai/index.ts";
import type { WorkerCapability, WorkerCapabilityName } from "./capability.ts";
import { conversions } from "./conversions/index.ts";
import { inbound } from "./inbound/index.ts";
import { media } from "./media/index.ts";
import { send } from "./send/index.ts";

/** All capabilities. A new capability is a folder and one line here, which the compiler asks for. */
export const workerCapabilities: { readonly [Name in WorkerCapabilityName]: WorkerCapability<Name> } = {
  inbound,
  send,
  media,
  ai,
  conversions,
};
