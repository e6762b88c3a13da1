import { type EventHandler, permanent } from "@millrace/core";
import { ANSWER, handleAnswer } from "./answer.ts";
import { handleTakeover, TAKEOVER } from "./takeover.ts";

/** Handles the events of n8n's callbacks. */
export const n8nHandler: EventHandler = {
  callsProvider: false,
  scopes: () => [],
  async handle(event, context) {
    switch (event.kind) {
      case ANSWER:
        return handleAnswer(event, context);
      case TAKEOVER:
        return handleTakeover(event);
      default:
        throw permanent(`unknown event kind: ${event.kind}`);
    }
  },
};
