export { createSandboxApp, type SandboxOptions } from "./app.ts";
export { type Deliver, deliverTo, type Delivery } from "./deliver.ts";
export type { TakenConversion } from "./datamanager/outcome.ts";
export type { AskedQuestion } from "./n8n/routes.ts";
export type { SentMessage } from "./sent.ts";
