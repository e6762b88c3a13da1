export { createSandboxApp } from "./app.ts";
export type { SentMessage } from "./logs/sent-log.ts";
export type { Delivery } from "./webhooks/deliver.ts";
