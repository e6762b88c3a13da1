import type { AiTurnTimings, NewId, Now } from "@millrace/core";
import { execute, type Transaction } from "../statement.ts";
import type { WaitingTurn } from "../../ai-turns/debounce.ts";
import type { LockedConversation } from "./threads.ts";

/**
 * Does for many conversations what `debounce` does for one: see packages/db/src/ai-turns/debounce.ts. `$2` is the debounce
 * and `$3` its cap, in ms.
 */
const DEBOUNCE = `
  with conversation as (
    select * from json_to_recordset($1::json) as conversation (id uuid, tenant_id uuid, epoch int, turn_id uuid)
  ), open as (
    select turn.* from conversation
    cross join lateral (
      select id, state, conversation_id from millrace.ai_turns
      where conversation_id = conversation.id and state in ('debouncing', 'awaiting_reply')
      limit 1
    ) as turn
  ), extended as (
    update millrace.ai_turns as turn
    set dispatch_at = least(now() + $2::float8 * interval '1 ms', turn.opened_at + $3::float8 * interval '1 ms'),
      updated_at = now()
    from open where turn.id = open.id and open.state = 'debouncing'
    returning turn.id, turn.conversation_id
  ), superseded as (
    update millrace.ai_turns as turn set state = 'superseded', ended_at = now(), updated_at = now()
    from open where turn.id = open.id and open.state = 'awaiting_reply'
    returning turn.id
  ), unasked as (
    select conversation.* from conversation where not exists (
      select from open where open.conversation_id = conversation.id and open.state = 'debouncing')
  ), opened as (
    insert into millrace.ai_turns (id, tenant_id, conversation_id, epoch, reason, state, opened_at, dispatch_at)
    select turn_id, tenant_id, id, epoch, 'message', 'debouncing', now(), now() + least($2, $3) * interval '1 ms'
    from unasked
    -- The count makes Postgres end the open turns first: a conversation has one open turn.
    where (select count(*) from superseded) >= 0
    returning id, conversation_id
  ), pending as (
    select message.id, unasked.turn_id from unasked
    cross join lateral (
      select id from millrace.ai_turns as earlier
      where conversation_id = unasked.id and (state = 'awaiting_reply' or state = 'failed' and not exists (
        select from messages as sent
        where sent.conversation_id = unasked.id and sent.direction = 'outbound'
          and sent.status not in ('suppressed', 'failed') and sent.created_at > earlier.created_at))
      offset 0
    ) as earlier
    cross join lateral (
      select id from messages where ai_turn_id = earlier.id and direction = 'inbound' offset 0
    ) as message
  ), moved as (
    update messages as message set ai_turn_id = pending.turn_id
    from pending
    where message.id = pending.id and message.id = any (array (select id from pending))
  )
  select conversation_id as "conversationId", id, false as "isNew" from extended
  union all select conversation_id, id, true from opened`;

/** Returns the {@link WaitingTurn}s that new messages of locked conversations belong to, by the ids of the conversations. */
export async function debounceBatch(
  tx: Transaction,
  { newId, now }: { newId: NewId; now: Now },
  conversations: readonly LockedConversation[],
  { debounceMs, debounceCapMs }: AiTurnTimings,
): Promise<ReadonlyMap<string, WaitingTurn>> {
  const asked = conversations.filter(({ mode }) => mode === "ai");
  if (asked.length === 0) return new Map();
  const rows = asked.map(({ id, tenantId, epoch }) => ({ id, tenant_id: tenantId, epoch, turn_id: newId() }));
  const dispatchAt = new Date(now().getTime() + Math.min(debounceMs, debounceCapMs));
  const turns = await execute<{ conversationId: string; id: string; isNew: boolean }>(
    tx,
    DEBOUNCE,
    rows,
    debounceMs,
    debounceCapMs,
  );
  return new Map(
    turns.map(({ conversationId, id, isNew }) => [
      conversationId,
      { id, firstDispatchAt: isNew ? dispatchAt : undefined },
    ]),
  );
}
