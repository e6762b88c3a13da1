import { type EventHandler, permanent } from "@millrace/core";
import { ANSWER, takeAnswer } from "./answer.ts";
import { TAKEOVER, takeOver } from "./takeover.ts";

/** The work behind n8n's callbacks. */
export const n8nHandler: EventHandler = {
  callsProvider: false,
  scopes: () => [],
  async handle(event, context) {
    switch (event.kind) {
      case ANSWER:
        return takeAnswer(event, context);
      case TAKEOVER:
        return takeOver(event);
      default:
        throw permanent(`no such kind of event: ${event.kind}`);
    }
  },
};
