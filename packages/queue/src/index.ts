export { type JobQueue, openQueueBackend, type QueueBackend } from "./backend.ts";
export { queueCatalogue, queueDefinition, type QueueDefinition } from "./catalogue.ts";
export type { ConsumerTimings, EventProcessor, Processed } from "./attempt.ts";
export { startConsumer, type Consumer } from "./consumer.ts";
export { readQueueUrl } from "./environment.ts";
export { eraseJobs } from "./erase-jobs.ts";
export { createGate, type Gate } from "./gate.ts";
export { createProducer, type Producer, QueueUnavailableError } from "./producer.ts";
export { createQueueReader, type JobPlace, type QueueReader } from "./reader.ts";
