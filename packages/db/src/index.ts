export * from "./operations/alerts.ts";
export { checkDatabase } from "./connection/check-database.ts";
export * from "./conversations/list.ts";
export * from "./connection/database.ts";
export * from "./connection/migrate.ts";
export { createConversionBatches, type ConversionBatches, type UploadBatch } from "./conversions/batches.ts";
export { outcomeJob } from "./conversions/jobs.ts";
export {
  createConversionReport,
  type BatchLine,
  type ConversionLine,
  type HeldLine,
  type RefusalLine,
  type ConversionReport,
} from "./conversions/report.ts";
export * from "./dead-letters/record.ts";
export { createDeadLetterList, type DeadLetter, type DeadLetterList } from "./dead-letters/list.ts";
export { createReplays, type Replay, type Replays } from "./dead-letters/replays.ts";
export { createReplayScheduler, type ReplayScheduler } from "./dead-letters/replay-scheduler.ts";
export * from "./dead-letters/rates.ts";
export { createErasures, type Erasure, type Erasures } from "./erasure/erasures.ts";
export { matchContacts, findContacts } from "./contacts/search.ts";
export { createTakeoverLock, type TakeoverLock } from "./conversations/takeover-lock.ts";
export type { FollowUpSettings } from "./inbox/follow-up-jobs.ts";
export * from "./flow-control/pauses.ts";
export * from "./inbox/inbox.ts";
export * from "./inbox/event-status.ts";
export * from "./operators/audit-log.ts";
export * from "./operators/sessions.ts";
export * from "./operators/operators.ts";
export * from "./messages/send-state.ts";
export * from "./flow-control/rate-limits.ts";
export * from "./operations/retention.ts";
export * from "./assistant/next-turn-step.ts";
export {
  ANY_ACCOUNT,
  assignAccounts,
  assignAccount,
  listAccounts,
  seedAccounts,
  accountStore,
  type AccountAssignment,
  type AccountLine,
} from "./accounts/accounts.ts";
export { isOutage } from "./connection/outage.ts";
export { storedMedia, type StoredMediaRecords } from "./messages/media.ts";
export { hashPassword, passwordMatches } from "./operators/passwords.ts";
