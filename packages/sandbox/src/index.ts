export { createSandboxApp, type SandboxOptions } from "./app.ts";
export { type Deliver, deliverTo, type Delivery } from "./webhooks/deliver.ts";
export type { TakenConversion } from "./google/outcome.ts";
export type { AskedQuestion } from "./n8n/routes.ts";
export type { SentMessage } from "./logs/sent-log.ts";
