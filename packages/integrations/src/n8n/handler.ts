import { type EventHandler, permanent } from "@millrace/core";
import { ANSWER, handleAnswer, storeFiles } from "./answer.ts";
import { handleTakeover, TAKEOVER } from "./takeover.ts";

/** Handles the events of n8n's callbacks. */
export const n8nHandler: EventHandler<readonly unknown[]> = {
  fetch: (event) => (event.kind === ANSWER ? storeFiles(event) : undefined),
  handle(event, stored) {
    switch (event.kind) {
      case ANSWER:
        return handleAnswer(event, stored);
      case TAKEOVER:
        return handleTakeover(event);
      default:
        throw permanent(`unknown event kind: ${event.kind}`);
    }
  },
};
