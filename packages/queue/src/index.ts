export { type JobQueue, openQueueBackend, type QueueBackend } from "./backend.ts";
export { inboundQueue, queueCatalogue, type QueueDefinition } from "./catalogue.ts";
export { startConsumer, type Consumer, type ConsumerTimings, type EventProcessor } from "./consumer.ts";
export { readQueueUrl } from "./environment.ts";
export { createGate, type Gate } from "./gate.ts";
export { createProducer, type Producer, QueueUnavailableError } from "./producer.ts";
export { createQueueReader, type JobPlace, type QueueReader } from "./reader.ts";
