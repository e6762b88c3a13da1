import { type Assistant, type Http, type Logger, type NewId, type Now, permanent } from "@millrace/core";
import type { Inbox, Turns } from "@millrace/db";
import type { EventProcessor } from "@millrace/queue";
import { z } from "zod";

/** What asks the AI. */
export type TurnParts = {
  assistant: Assistant;
  inbox: Inbox;
  turns: Turns;
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
      const stillSo = (state: "gathering" | "asked") => () => turns.isStill(state, turnId);
      const step = await turns.next(turnId);
      switch (step.step) {
        case "over":
          return {
            ...(await inbox.once(event, () => Promise.resolve({ result: "written", detail: step.why }))),
            idle: true,
          };
        case "wait":
          return { result: "not_yet", until: step.until, detail: "the turn waits", stillSo: stillSo(step.state) };
        case "unanswered":
          throw permanent(`${assistant.timings.answerMs / 1000} s without an answer, twice`, "unanswered");
        case "ask": {
          await assistant.ask(step.question, { ...ports, signal });
          await turns.accepted(turnId);
          const until = new Date(ports.now().getTime() + assistant.timings.answerMs);
          return {
            result: "not_yet",
            until,
            detail: "waiting for the answer",
            stillSo: stillSo("asked"),
            worked: true,
          };
        }
      }
    },
  };
}
