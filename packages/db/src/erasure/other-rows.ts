import type { Database } from "../connection/database.ts";
import { eraseDomainEvents } from "./domain-events.ts";
import { jobsAboutContact } from "./jobs-about-contact.ts";
import { messageChangeRows, messageStatusRows, quotingMessageRows } from "./other-rows-of-messages.ts";
import { auditLogRows, replayRows } from "./other-rows-of-operators.ts";
import { erasePausedJobs } from "./paused-jobs.ts";
import { deadLetterRows, webhookEventRows } from "./other-rows-of-queue.ts";
import { matcherOf, type PersonalDataReaders } from "./personal-data-matcher.ts";
import { eraseRows } from "./row-eraser.ts";
import type { ErasureScope, RowCounts } from "./scope.ts";

/**
 * Erases a person's data in rows that are not the contact's own: payloads of events, dead letters, the audit log,
 * statuses and changes of messages, and quotations in groups. Except for domain events, it reads the tables page by page
 * and holds no locks between rows, so it may take long. Idempotent.
 */
export async function eraseOtherRows(
  { orm }: Database,
  scope: ErasureScope,
  readers: PersonalDataReaders,
  dryRun: boolean,
): Promise<RowCounts> {
  const matcher = matcherOf(scope, readers);
  const isAbout = await jobsAboutContact(orm, scope, readers);
  if (!dryRun) await erasePausedJobs(orm, matcher);
  return {
    webhook_events: await eraseRows(orm, webhookEventRows(orm, matcher), dryRun),
    domain_events: await eraseDomainEvents(orm, scope, dryRun),
    // Before the dead letters: their erasure clears the reasons in their audit entries, which are counted here.
    audit_log: await eraseRows(orm, auditLogRows(orm, matcher, scope), dryRun),
    replays: await eraseRows(orm, replayRows(orm, matcher), dryRun),
    dead_letters: await eraseRows(orm, deadLetterRows(orm, matcher, isAbout, scope), dryRun),
    message_statuses: await eraseRows(orm, messageStatusRows(orm, matcher, scope), dryRun),
    message_changes: await eraseRows(orm, messageChangeRows(orm, matcher, scope), dryRun),
    messages: await eraseRows(orm, quotingMessageRows(orm, matcher, scope), dryRun),
  };
}
