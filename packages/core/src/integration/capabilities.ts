import { QUEUE_ROLES, type QueueRole } from "../domain/event.ts";

/** What an integration can do besides receiving events, by the names of its members. */
export type Capabilities = {
  readonly [Capability in "requests" | "outbound" | "media" | "assistant" | "uploads"]?: unknown;
};

/** Returns the roles of the queues that an integration with these capabilities has. */
export function rolesOf(capabilities: Capabilities): QueueRole[] {
  return QUEUE_ROLES.filter(
    (role) => role === "inbound" || capabilities[role === "ai-turns" ? "assistant" : role] !== undefined,
  );
}
