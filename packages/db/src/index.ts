// Connection
export { checkDatabase } from "./connection/check-database.ts";
export { type Database, type Executor, openDatabase } from "./connection/database.ts";
export { migrateDatabase, pendingMigrations } from "./connection/migrate.ts";
export { databaseErrorCode, isOutage } from "./connection/outage.ts";

// Inbox: events and their follow-up jobs
export type { Subscriber } from "./domain-events/subscriptions.ts";
export type { InboxSettings } from "./inbox/event-context.ts";
export * from "./inbox/event-status.ts";
export { createBatchedInbox } from "./batches/inbox/batched-inbox.ts";
export { type AppliedEvent, createInbox, type Inbox } from "./inbox/inbox.ts";

// Accounts and contacts
export * from "./accounts/accounts.ts";
export { findContacts, matchContacts } from "./contacts/search.ts";
export { findMergedRow, type MergedRow } from "./contacts/merged-row.ts";

// Conversations, messages and AI turns
export { type AiTurns, type AiTurnStep, createAiTurns } from "./ai-turns/next-step.ts";
export * from "./conversations/list.ts";
export { createTakeoverLock, type TakeoverLock } from "./conversations/takeover-lock.ts";
export { storedMedia, type StoredMediaRecords } from "./messages/media.ts";
export * from "./messages/send-state.ts";
export { createSentMessages, type SentMessages } from "./batches/sends/sent-messages.ts";
export { createSendRequestBatches, type SendRequestBatches } from "./batches/sends/send-requests.ts";
export type { SendRequest } from "./batches/sends/request-targets.ts";

// Conversions
export { type ConversionBatches, createConversionBatches, type UploadBatch } from "./conversions/batches.ts";
export { outcomeJob } from "./conversions/jobs.ts";
export * from "./conversions/report.ts";

// Flow control
export * from "./flow-control/leases.ts";
export * from "./flow-control/paused-jobs.ts";
export * from "./flow-control/pause-operations.ts";
export * from "./flow-control/pauses.ts";
export * from "./flow-control/rate-limits.ts";

// Dead letters and replays
export { createDeadLetterFollowUps, type DeadLetterFollowUps } from "./dead-letters/follow-up.ts";
export {
  createDeadLetterList,
  type DeadLetter,
  type DeadLetterList,
  type DeadLetterPreview,
} from "./dead-letters/list.ts";
export * from "./dead-letters/rates.ts";
export { createDeadLetters } from "./dead-letters/record.ts";
export { createReplayScheduler, type ReplayScheduler } from "./dead-letters/replay-scheduler.ts";
export { createReplays, type Replay, type Replays } from "./dead-letters/replays.ts";

// Unfinished work that the queue may have lost
export { dueTurns, type TurnOwner } from "./reconcile/ai-turns.ts";
export * from "./reconcile/follow-ups.ts";
export * from "./reconcile/messages.ts";
export { PAGE as RECONCILER_PAGE } from "./reconcile/page.ts";

// Erasure
export { createErasures, type Erasure, type Erasures } from "./erasure/erasures.ts";

// Operators
export * from "./operators/audit-log.ts";
export * from "./operators/operators.ts";
export { hashPassword, passwordMatches } from "./operators/passwords.ts";
export * from "./operators/sessions.ts";

// Operations: alerts and retention
export * from "./operations/alerts.ts";
export * from "./operations/retention.ts";
