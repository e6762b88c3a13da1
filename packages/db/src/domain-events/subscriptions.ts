import type { DomainEvent, FollowUp, ParsedEvent, Subscriptions } from "@millrace/core";

/** An integration with the domain events that it reacts to. */
export type Subscriber = { integration: string; subscriptions: Subscriptions };

/** Returns the jobs of the subscribers to domain events. */
export function subscribedJobs(subscribers: readonly Subscriber[], events: readonly DomainEvent[]): FollowUp[] {
  return events.flatMap((event) =>
    subscribers.flatMap(({ integration, subscriptions }) => {
      const react = (subscriptions as Record<string, unknown>)[event.type] as
        | ((event: DomainEvent) => ParsedEvent | undefined)
        | undefined;
      const job = react?.(event);
      return job ? [{ ...job, integration, role: "inbound" as const }] : [];
    }),
  );
}
