import { and, asc, eq, isNull, sql } from "drizzle-orm";
import type { Media, MessageKey } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { messageChanges, messages } from "../schema/messages.ts";

/** A file that a message got after it arrived. */
type AddedFile = { tenantId: string; media: Media };

/**
 * Applies all changes of a message, ordered by the platform's time and then by their requests: the latest edit, any revocation, each actor's latest
 * reaction, all transcripts, and the first file if the message has none. Does nothing until the message itself has
 * arrived. Returns the file that the message got.
 */
export async function applyChanges(tx: Executor, key: MessageKey): Promise<AddedFile | undefined> {
  const changes = await tx
    .select()
    .from(messageChanges)
    .where(
      and(
        eq(messageChanges.channel, key.channel),
        eq(messageChanges.accountId, key.accountId),
        eq(messageChanges.externalId, key.externalId),
      ),
    )
    .orderBy(
      asc(messageChanges.at),
      asc(messageChanges.createdAt),
      asc(messageChanges.requestIndex),
      asc(messageChanges.changeId),
    );
  const edit = changes.findLast((change) => change.kind === "edit");
  const transcripts = changes.flatMap(({ kind, body }) => (kind === "transcript" && body !== null ? [body] : []));
  const file = changes.find((change) => change.kind === "media");
  const revocation = changes.find((change) => change.kind === "revoke");
  const reactions = new Map<string, string>();
  for (const { kind, actor, emoji } of changes) {
    if (kind !== "reaction" || actor === null) continue;
    if (emoji === null) reactions.delete(actor);
    else reactions.set(actor, emoji);
  }
  await tx
    .update(messages)
    .set({
      ...(edit ? { body: edit.body, editedAt: edit.at } : {}),
      ...(transcripts.length > 0 ? withTranscript(transcripts.join("\n")) : {}),
      revokedAt: revocation?.at ?? null,
      reactions: Object.fromEntries(reactions),
      updatedAt: sql`now()`,
    })
    .where(isMessage(key));
  if (!file) return undefined;
  const added = await tx
    .update(messages)
    .set({ media: file.payload })
    .where(and(isMessage(key), isNull(messages.media)))
    .returning({ tenantId: messages.tenantId });
  return added[0] && { ...added[0], media: file.payload as Media };
}

/** The transcript is the body of a call without a summary, and of an earlier transcript. */
function withTranscript(transcript: string) {
  return {
    call: sql`${messages.call} || jsonb_build_object('transcript', ${transcript}::text)`,
    body: sql`case when ${messages.body} is null or ${messages.body} = ${messages.call} ->> 'transcript'
      then ${transcript}::text else ${messages.body} end`,
  };
}

function isMessage({ channel, accountId, externalId }: MessageKey) {
  return and(eq(messages.channel, channel), eq(messages.accountId, accountId), eq(messages.externalId, externalId));
}
