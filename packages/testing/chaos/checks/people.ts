import type { AskedQuestion } from "../deployment/sandbox-server.ts";
import { nameOf, PEOPLE } from "../workload/people.ts";

/**
 * Returns a function that finds the person that an event is about, by the index: the event contains the person's address,
 * or the id of an AI turn or of a conversation, as the AI uses them in its callbacks.
 */
export function personFinder(questions: readonly AskedQuestion[]): (event: string) => number | undefined {
  const byId = new Map(
    questions.flatMap(({ turnId, conversation, contact }) => {
      const person = PEOPLE.find(({ index }) => nameOf(index) === contact.name)?.index;
      return person === undefined ? [] : [turnId, conversation.id].map((id) => [id, person] as const);
    }),
  );
  return (event) => {
    const known = PEOPLE.find(({ address }) => event.includes(address))?.index;
    return known ?? (event.match(UUID) ?? []).map((id) => byId.get(id)).find((person) => person !== undefined);
  };
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
