import { and, eq, sql } from "drizzle-orm";
import type { MessageKey, StoredMedia } from "@millrace/core";
import type { Database } from "../connection/database.ts";
import { messages } from "../schema/messages.ts";

/** The location of stored media, as the rows of messages record it. */
export type StoredMediaRecords = {
  /**
   * Adds `stored: {store, key, sha256, sizeBytes, at}` to the message's `media`, and `mimeType` if the platform sent
   * none. Idempotent. Returns false when the message does not exist.
   */
  record(message: MessageKey, stored: StoredMedia, at: Date): Promise<boolean>;
  /** Returns the key of the stored file, undefined until it is stored; undefined when the message does not exist. */
  find(message: MessageKey): Promise<{ key: string | undefined } | undefined>;
};

/** {@link StoredMediaRecords} on the table messages. */
export function storedMedia({ orm }: Database): StoredMediaRecords {
  return {
    async record(message, { store, key, sha256, sizeBytes, mimeType }, at) {
      // The right operand of || wins: the platform's own type over the detected one, the new location over an old one.
      const detected = sql`jsonb_strip_nulls(jsonb_build_object('mimeType', ${mimeType ?? null}::text))`;
      const location = sql`jsonb_build_object('stored', jsonb_build_object('store', ${store}::text, 'key', ${key}::text,
        'sha256', ${sha256}::text, 'sizeBytes', ${sizeBytes}::bigint, 'at', ${at.toISOString()}::text))`;
      const recorded = await orm
        .update(messages)
        .set({ media: sql`${detected} || coalesce(${messages.media}, '{}') || ${location}`, updatedAt: sql`now()` })
        .where(isMessage(message))
        .returning({ id: messages.id })
        .prepare("record_stored_media")
        .execute();
      return recorded.length > 0;
    },

    async find(message) {
      const [row] = await orm
        .select({ key: sql<string | null>`${messages.media} #>> '{stored,key}'` })
        .from(messages)
        .where(isMessage(message))
        .prepare("find_stored_media")
        .execute();
      return row && { key: row.key ?? undefined };
    },
  };
}

function isMessage({ channel, accountId, externalId }: MessageKey) {
  return and(eq(messages.channel, channel), eq(messages.accountId, accountId), eq(messages.externalId, externalId));
}
