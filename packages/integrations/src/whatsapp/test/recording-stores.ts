import type { Stores, Thread } from "@millrace/core";

/** Stores that record their calls. They have one tenant, one contact and one conversation. */
type RecordingStores = {
  stores: Stores;
  /** The calls in order: the method and its arguments. */
  calls: [method: string, ...args: unknown[]][];
};

/** Creates {@link RecordingStores}. `thread` is the conversation that is found by any id. */
export function recordingStores(thread?: Thread): RecordingStores {
  const calls: RecordingStores["calls"] = [];
  const recording =
    <Result>(method: string, result: Result) =>
    async (...args: unknown[]): Promise<Result> => {
      calls.push([method, ...args]);
      return result;
    };
  return {
    calls,
    stores: {
      accounts: { tenantOf: recording("tenantOf", "tenant-1") },
      tenants: { findByName: recording("named", "tenant-1") },
      contacts: {
        resolve: recording("resolve", "contact-1"),
        join: recording("join", "contact-1"),
        setMarketing: recording("setMarketing", undefined),
      },
      conversations: {
        find: recording("find", thread && { ...thread, mode: "ai", epoch: 1 }),
        changeMode: recording("changeMode", true),
        open: recording("open", "conversation-1"),
        recordUserActivity: recording("recordUserActivity", undefined),
        migrate: recording("migrate", undefined),
        setReachable: recording("setReachable", undefined),
      },
      messages: {
        add: recording("add", undefined),
        addStatus: recording("addStatus", undefined),
        addChange: recording("addChange", undefined),
      },
      outbox: {
        queue: recording("queue", undefined),
        act: recording("act", undefined),
        markSent: recording("sent", undefined),
        suppress: recording("suppress", undefined),
      },
      aiTurns: { find: recording("findTurn", undefined), answer: recording("answer", "queued") },
      leads: { find: recording("findLead", undefined), add: recording("addLead", undefined) },
      conversions: { add: recording("addConversion", true) },
    },
  };
}
