import type { Stores, Thread } from "@millrace/core";

/** Stores for tests: they remember what they were asked, and know one tenant, one contact and one conversation. */
type RecordingStores = {
  stores: Stores;
  /** What was asked, in turn: the method and its arguments. */
  calls: [method: string, ...args: unknown[]][];
};

/** {@link RecordingStores}; `thread` is the conversation that is found by any id. */
export function recordingStores(thread?: Thread): RecordingStores {
  const calls: RecordingStores["calls"] = [];
  const noting =
    <Result>(method: string, result: Result) =>
    async (...args: unknown[]): Promise<Result> => {
      calls.push([method, ...args]);
      return result;
    };
  return {
    calls,
    stores: {
      accounts: { tenantOf: noting("tenantOf", "tenant-1") },
      tenants: { findByName: noting("named", "tenant-1") },
      contacts: {
        resolve: noting("resolve", "contact-1"),
        join: noting("join", "contact-1"),
        setMarketing: noting("setMarketing", undefined),
      },
      conversations: {
        find: noting("find", thread && { ...thread, mode: "ai", epoch: 1 }),
        changeMode: noting("takeOver", true),
        open: noting("open", "conversation-1"),
        recordUserActivity: noting("heard", undefined),
        migrate: noting("migrate", undefined),
        setReachable: noting("setReachable", undefined),
      },
      messages: {
        add: noting("add", undefined),
        addStatus: noting("addStatus", undefined),
        addChange: noting("addChange", undefined),
      },
      outbox: {
        queue: noting("queue", undefined),
        act: noting("act", undefined),
        markSent: noting("sent", undefined),
        suppress: noting("suppress", undefined),
      },
      aiTurns: { find: noting("findTurn", undefined), answer: noting("answer", "queued") },
      leads: { find: noting("findLead", undefined), add: noting("addLead", undefined) },
      conversions: { add: noting("addConversion", true) },
    },
  };
}
