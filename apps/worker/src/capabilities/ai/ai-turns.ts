import {
  AI_FAILURE_REASONS,
  AI_FAILURE_REPORT,
  type Assistant,
  type Http,
  type InboundEvent,
  type Logger,
  type NewId,
  type Now,
  permanent,
  written,
} from "@millrace/core";
import type { AiTurns, Inbox } from "@millrace/db";
import type { EventProcessor, JobResult } from "@millrace/queue";
import { z } from "zod";

/** Dependencies of {@link createAiTurnProcessor}. */
export type AiTurnDeps = {
  assistant: Assistant;
  inbox: Inbox;
  turns: AiTurns;
  isOutage(error: unknown): boolean;
  ports: { http: Http; log: Logger; now: Now; newId: NewId };
};

const payload = z.object({ turnId: z.uuid() });
const reportPayload = payload.extend({ conversationId: z.uuid(), reason: z.enum(AI_FAILURE_REASONS) });

/**
 * Runs an AI turn in one job. The job snoozes while the turn debounces, asks the AI, snoozes until the answer, asks a
 * second time and then times out. The answer arrives by a webhook, which promotes the job. A turn that failed has a second
 * job, which reports it.
 */
export function createAiTurnProcessor({ assistant, inbox, turns, isOutage, ports }: AiTurnDeps): EventProcessor {
  return {
    scopes: ({ kind }) =>
      kind === AI_FAILURE_REPORT ? (assistant.failureReports?.scopes() ?? []) : assistant.scopes(),
    isOutage,
    async process(event, signal) {
      if (event.kind === AI_FAILURE_REPORT) return report({ assistant, inbox, ports }, event, signal);
      const { turnId } = payload.parse(event.payload);
      // The queue asks this again after the job is delayed: a turn that changed in between has no one left to promote it.
      const stillIn = (state: "debouncing" | "awaiting_reply") => () => turns.isInState(state, turnId);
      const step = await turns.next(turnId);
      switch (step.step) {
        case "ended": {
          const applied = await inbox.applyOnce(event, { result: "written", detail: step.why, facts: [] });
          return { ...applied, noCall: true };
        }
        case "wait":
          return { result: "snoozed", until: step.until, detail: step.state, stillWaiting: stillIn(step.state) };
        case "timed_out":
          throw permanent(
            `the AI did not answer within ${assistant.timings.answerTimeoutMs / 1000} s, twice`,
            "timed_out",
          );
        case "ask":
          await assistant.ask(step.question, { ...ports, signal });
          await turns.markDispatched(turnId);
          return {
            result: "snoozed",
            until: new Date(ports.now().getTime() + assistant.timings.answerTimeoutMs),
            detail: "awaiting_reply",
            stillWaiting: stillIn("awaiting_reply"),
            callSucceeded: true,
          };
      }
    },
  };
}

async function report(
  { assistant, inbox, ports }: Pick<AiTurnDeps, "assistant" | "inbox" | "ports">,
  event: InboundEvent,
  signal: AbortSignal,
): Promise<JobResult> {
  if (await inbox.isDone(event)) return { result: "duplicate", noCall: true };
  const failure = reportPayload.parse(event.payload);
  const { failureReports } = assistant;
  if (!failureReports) {
    const off = { result: "ignored", detail: "failures are not reported", facts: [] } as const;
    return { ...(await inbox.applyOnce(event, off)), noCall: true };
  }
  await failureReports.report(failure, { ...ports, signal });
  return inbox.applyOnce(event, written());
}
