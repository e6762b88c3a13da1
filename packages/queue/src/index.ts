export { type JobQueue, openQueueBackend, type QueueBackend } from "./backend.ts";
export { inboundQueue, queueCatalogue, type QueueDefinition } from "./catalogue.ts";
export type { ConsumerTimings, EventProcessor } from "./attempt.ts";
export { startConsumer, type Consumer } from "./consumer.ts";
export { readQueueUrl } from "./environment.ts";
export { createGate, type Gate } from "./gate.ts";
export { createProducer, type Producer, QueueUnavailableError } from "./producer.ts";
export { createQueueReader, type JobPlace, type QueueReader } from "./reader.ts";
