import { EVENT_VERSION, type FollowUp, type InboundEvent, type Now, type QueueRole } from "@millrace/core";
import { createProducer, type Producer, type QueueBackend, queueDefinition } from "@millrace/queue";

/** Enqueues the jobs that follow from an event. */
export type FollowUpQueue = {
  /**
   * Resolves once they are all in their queues; those that are there already are not added again, and those that only
   * wait are woken where that is what follows.
   */
  enqueue(origin: Pick<InboundEvent, "correlationId">, followUps: readonly FollowUp[]): Promise<void>;
  close(): Promise<void>;
};

/** Opens a producer per queue when it is first needed. */
export function createFollowUpQueue(backend: QueueBackend, now: Now): FollowUpQueue {
  const producers = new Map<string, Producer>();
  const producerOf = (integration: string, role: QueueRole): Producer => {
    const definition = queueDefinition(integration, role);
    const known = producers.get(definition.name) ?? createProducer(backend, definition, now);
    producers.set(definition.name, known);
    return known;
  };
  return {
    async enqueue(origin, followUps) {
      for (const { integration, role, promote: wake, ...event } of followUps) {
        const producer = producerOf(integration, role);
        if (wake) await producer.wake(event.id);
        else await producer.enqueue([jobOf(origin, integration, event, now())]);
      }
    },
    async close() {
      for (const producer of producers.values()) await producer.close();
    },
  };
}

function jobOf(
  { correlationId }: Pick<InboundEvent, "correlationId">,
  integration: string,
  event: Omit<FollowUp, "integration" | "role" | "wake">,
  at: Date,
): InboundEvent {
  return { v: EVENT_VERSION, integration, correlationId, receivedAt: at.toISOString(), ...event };
}
