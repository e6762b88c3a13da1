import { createProducer, type Producer, QueueUnavailableError } from "@millrace/queue";
import { until } from "@millrace/testing";

/**
 * Creates a producer that adds its events again until the queue has them, as platforms deliver webhooks again after a 503.
 * On a busy machine the queue can be too slow for ingest's time-out.
 */
export function createPatientProducer(...deps: Parameters<typeof createProducer>): Producer {
  const producer = createProducer(...deps);
  const isAdded = async (...args: Parameters<Producer["enqueue"]>): Promise<boolean> => {
    try {
      await producer.enqueue(...args);
      return true;
    } catch (error) {
      if (error instanceof QueueUnavailableError) return false;
      throw error;
    }
  };
  return {
    ...producer,
    enqueue: async (...args) => {
      await until("the queue has the events", () => isAdded(...args));
    },
  };
}
