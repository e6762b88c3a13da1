import { type Assistant, type Http, type Logger, type NewId, type Now, permanent } from "@millrace/core";
import type { Inbox, AiTurns } from "@millrace/db";
import type { EventProcessor } from "@millrace/queue";
import { z } from "zod";

/** What asks the AI. */
export type TurnParts = {
  assistant: Assistant;
  inbox: Inbox;
  turns: AiTurns;
  isOutage(error: unknown): boolean;
  ports: { http: Http; log: Logger; now: Now; newId: NewId };
};

const payload = z.object({ turnId: z.uuid() });

/**
 * Sees a turn through in one job: it waits while messages gather, asks, waits for the answer, asks once more, and gives
 * up. The answer comes by a webhook and wakes it.
 */
export function createTurnProcessor({ assistant, inbox, turns, isOutage, ports }: TurnParts): EventProcessor {
  return {
    scopes: assistant.scopes,
    isOutage,
    async process(event, signal) {
      const { turnId } = payload.parse(event.payload);
      // Asked again once the job waits: it may have gone on by then, with nobody left to wake it.
      const stillSo = (state: "debouncing" | "awaiting_reply") => () => turns.isStill(state, turnId);
      const step = await turns.next(turnId);
      switch (step.step) {
        case "over":
          return {
            ...(await inbox.applyOnce(event, () => Promise.resolve({ result: "written", detail: step.why }))),
            noCall: true,
          };
        case "wait":
          return { result: "snoozed", until: step.until, detail: "the turn waits", stillWaiting: stillSo(step.state) };
        case "unanswered":
          throw permanent(`${assistant.timings.answerTimeoutMs / 1000} s without an answer, twice`, "unanswered");
        case "ask": {
          await assistant.ask(step.question, { ...ports, signal });
          await turns.accepted(turnId);
          const until = new Date(ports.now().getTime() + assistant.timings.answerTimeoutMs);
          return {
            result: "snoozed",
            until,
            detail: "waiting for the answer",
            stillWaiting: stillSo("awaiting_reply"),
            callSucceeded: true,
          };
        }
      }
    },
  };
}
