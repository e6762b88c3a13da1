import { EVENT_VERSION, type FollowUp, type InboundEvent, type Now, type QueueRole } from "@millrace/core";
import { createProducer, type Producer, type QueueBackend, queueDefinition } from "@millrace/queue";

/** Enqueues the jobs that follow from an event. */
export type FollowUpQueue = {
  /**
   * Enqueues every job under its own id, so that a job that exists already is not added again. A follow-up with
   * `promote` runs a delayed job now, and is enqueued without a delay if the queue has lost the job. Resolves once all
   * jobs are in their queues.
   * @throws QueueUnavailableError
   */
  enqueue(origin: Pick<InboundEvent, "correlationId">, followUps: readonly FollowUp[]): Promise<void>;
  close(): Promise<void>;
};

/** A {@link FollowUpQueue} that opens the producer of a queue on first use. */
export function createFollowUpQueue(backend: QueueBackend, now: Now): FollowUpQueue {
  const producers = new Map<string, Producer>();
  const producerOf = (integration: string, role: QueueRole): Producer => {
    const definition = queueDefinition(integration, role);
    const producer = producers.get(definition.name) ?? createProducer(backend, definition, now);
    producers.set(definition.name, producer);
    return producer;
  };
  return {
    async enqueue({ correlationId }, followUps) {
      for (const { integration, role, promote, id, kind, ...event } of followUps) {
        const producer = producerOf(integration, role);
        const receivedAt = now().toISOString();
        if (promote && (await producer.promote(id))) continue;
        const notBefore = promote ? undefined : event.notBefore;
        const origin = { correlationId, receivedAt };
        // Redis stores a job with its fields in this order without those that its key and name have: see compact-job.ts.
        await producer.enqueue([{ v: EVENT_VERSION, integration, id, kind, ...origin, ...event, notBefore }]);
      }
    },
    async close() {
      for (const producer of producers.values()) await producer.close();
    },
  };
}
