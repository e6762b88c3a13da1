import { sql } from "drizzle-orm";
import type { Executor } from "../connection/database.ts";

/**
 * Discards the events of discarded dead letters, so that they do not count as dead and no redelivery takes effect. An
 * event with another unresolved dead letter stays dead.
 */
export async function discardEvents(tx: Executor, deadLetterIds: readonly string[]): Promise<void> {
  await tx.execute(sql`
    update millrace.webhook_events as event set status = 'discarded', updated_at = now()
    from millrace.dead_letters as discarded
    where discarded.id = any(${sql.param([...deadLetterIds])}::uuid[]) and event.status = 'dead'
      and event.integration = discarded.integration and event.event_id = discarded.event_id and not exists (
        select from millrace.dead_letters as other where other.integration = event.integration
          and other.event_id = event.event_id and other.state in ('dead', 'replaying'))`);
}
