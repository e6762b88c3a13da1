/** A defect that the tests must find: one text of one file is replaced. */
export type Mutation = {
  /** The guard that is removed. */
  guard: string;
  file: string;
  /** Occurs exactly once in the file. */
  search: string;
  replacement: string;
  /** Test files, of which at least one must fail. */
  tests: readonly string[];
};

/** One mutation per guard. A change of a guard's code changes its entry, or `npm run mutations` reports it as missing. */
export const mutations: readonly Mutation[] = [
  {
    guard: "dedupe: an event that is done is not applied again",
    file: "packages/db/src/inbox/inbox.ts",
    search: `      setWhere: eq(webhookEvents.status, "dead"),\n`,
    replacement: "",
    tests: ["packages/db/src/inbox/inbox.int.test.ts"],
  },
  {
    guard: "order: a message waits for the earlier ones of its conversation",
    file: "apps/worker/src/capabilities/send/conversation-order.ts",
    search: "if (state.ahead > 0) {",
    replacement: "if (state.ahead > Number.MAX_SAFE_INTEGER) {",
    tests: ["apps/worker/test/sending/sending.int.test.ts"],
  },
  {
    guard: "order: a request that a batch leaves out holds back the later ones of its conversation",
    file: "packages/db/src/batches/sends/send-requests.ts",
    search: `    if (target.fate === "wait" || isRepeated) waiting.add(target.conversationId);\n`,
    replacement: `    if (target.fate === "wait" || isRepeated) continue;\n`,
    tests: ["packages/db/src/batches/sends/send-requests.int.test.ts"],
  },
  {
    guard: "batches: a job of an ordered queue leaves it after its follow-up jobs are enqueued",
    file: "packages/queue/src/consumer/look-ahead.ts",
    search: "followed.then(() => leave(deps, finished, startedAt))",
    replacement: "Promise.resolve().then(() => leave(deps, finished, startedAt))",
    tests: ["apps/worker/test/consumer/look-ahead.int.test.ts"],
  },
  {
    guard: "order: a job that stalled at the head of an ordered queue runs alone",
    file: "packages/queue/src/consumer/consumer.ts",
    search: "    if (job.stalledCounter > 0) processAlone.add(id);\n",
    replacement: "",
    tests: ["apps/worker/test/consumer/look-ahead.int.test.ts"],
  },
  {
    guard: "takeover lock: a takeover waits for an answer that is being sent",
    file: "packages/db/src/conversations/takeover-lock.ts",
    search: "  await lockNames(tx, conversationIds.map(takeoverLockName));\n",
    replacement: "",
    tests: ["packages/db/src/conversations/takeover.int.test.ts"],
  },
  {
    guard: "takeover lock: an answer is sent only in its epoch",
    file: "packages/db/src/conversations/takeover-lock.ts",
    search: "return row.epoch === epoch ? await work() : undefined;",
    replacement: "return await work();",
    tests: ["packages/db/src/conversations/takeover.int.test.ts"],
  },
  {
    guard: "outbox: the follow-up jobs of an event are stored in its transaction",
    file: "packages/db/src/inbox/inbox.ts",
    search: "followUps: followUps.length > 0 ? followUps : null,",
    replacement: "followUps: null,",
    tests: ["apps/worker/test/consumer/follow-ups.int.test.ts"],
  },
  {
    guard: "outbox: a redelivery enqueues the follow-up jobs again",
    file: "packages/db/src/inbox/inbox.ts",
    search: 'return { result: "duplicate", followUps: await followUpsOf(tx, event), pauses: [] };',
    replacement: 'return { result: "duplicate", followUps: [], pauses: [] };',
    tests: ["apps/worker/test/consumer/follow-ups.int.test.ts"],
  },
  {
    guard: "uncertain sends: another worker's attempt is detected",
    file: "packages/db/src/messages/send-state.ts",
    search: "        sql`${messages.attemptedAt} is not distinct from attempt.seen::timestamptz`,\n",
    replacement: "",
    tests: ["packages/db/src/messages/sending.int.test.ts"],
  },
  {
    guard: "reconciler: the first unsent message of each conversation is enqueued again",
    file: "apps/worker/src/loops/reconciler.ts",
    search: "    await Promise.all(page.map(({ job }) => enqueue([job])));\n    counts.messages += page.length;",
    replacement: "    counts.messages += page.length;",
    tests: ["apps/worker/test/reconciler/lost-queue.int.test.ts"],
  },
  {
    guard: "reconciler: AI turns that are due are enqueued again",
    file: "apps/worker/src/loops/reconciler.ts",
    search: "      await Promise.all(page.map(({ job }) => enqueue([job])));\n      counts.turns += page.length;",
    replacement: "      counts.turns += page.length;",
    tests: ["apps/worker/test/reconciler/lost-queue.int.test.ts"],
  },
  {
    guard: "circuit breaker: jobs of a scope that is down use no attempt",
    file: "packages/queue/src/flow-control/scope-failures.ts",
    search: `return state.inARow >= OPEN_AFTER ? "open" : "wait";`,
    replacement: `return "attempt";`,
    tests: ["packages/queue/src/flow-control/scope-failures.test.ts"],
  },
  {
    guard: "circuit breaker: an open scope runs one probe",
    file: "packages/queue/src/flow-control/flow-control.ts",
    search: "if (!(await pauses.claimProbe(scope, intervals)) && (await isPaused(scope))) {",
    replacement: 'if (scope === "") {',
    tests: ["apps/worker/test/consumer/flow-control.int.test.ts"],
  },
  {
    guard: "batches: a conversation that another transaction locks does not hold up the other events",
    file: "packages/db/src/batches/settings.ts",
    search: "set_config('lock_timeout', '250ms', true)",
    replacement: "set_config('lock_timeout', '0', true)",
    tests: ["packages/db/src/batches/inbox/batched-inbox.int.test.ts"],
  },
  {
    guard: "batches: each statement finds its rows by their keys",
    file: "packages/db/src/batches/settings.ts",
    search: "set_config('enable_seqscan', 'off', true)",
    replacement: "set_config('enable_seqscan', 'on', true)",
    tests: ["packages/db/src/batches/inbox/plans.int.test.ts"],
  },
  {
    guard: "batches: a new AI turn asks about the messages of the one that it supersedes",
    file: "packages/db/src/batches/inbox/ai-turns.ts",
    search: "state = 'awaiting_reply' or state = 'failed' and not exists",
    replacement: "state = 'failed' and not exists",
    tests: ["packages/db/src/batches/inbox/batched-inbox.int.test.ts"],
  },
];
