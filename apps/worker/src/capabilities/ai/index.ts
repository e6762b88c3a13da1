import { createAiTurns } from "@millrace/db";
import type { WorkerCapability } from "../capability.ts";
import { createAiTurnProcessor } from "./ai-turns.ts";

/** Asks the AI, and waits for its answers. */
export const ai: WorkerCapability<"ai"> = {
  run: ({ adapter }, { stores, ports, ...deps }) => ({
    processors: {
      "ai-turns": createAiTurnProcessor({
        ...deps,
        assistant: adapter,
        turns: createAiTurns(stores.database, adapter.timings, ports.now),
        ports,
      }),
    },
  }),
  // One AI answers all conversations: the first in the registry that is switched on.
  inboxSettings: ([first]) => ({
    assistant: first && {
      integration: first.integration,
      timings: first.adapter.timings,
      onFailure: first.adapter.onFailure,
      reportsFailures: first.adapter.failureReports !== undefined,
    },
  }),
};
