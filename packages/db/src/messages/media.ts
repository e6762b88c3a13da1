import { and, eq, sql } from "drizzle-orm";
import type { MessageKey, StoredMedia } from "@millrace/core";
import type { Database } from "../connection/database.ts";
import { messages } from "../schema/messages.ts";

/** Where the files of messages are, as the messages' rows say it. */
export type StoredMediaRecords = {
  /**
   * Writes into the message's `media` where its file is: `stored: {store, key, sha256, sizeBytes, at}`, and `mimeType`
   * where the platform gave none. Repeating it does no harm. False when there is no such message.
   */
  record(message: MessageKey, stored: StoredMedia, at: Date): Promise<boolean>;
  /** What a message says of its file: the key, undefined as long as it is not stored. Undefined without such a message. */
  find(message: MessageKey): Promise<{ key: string | undefined } | undefined>;
};

/** {@link StoredMediaRecords} on the table messages. */
export function storedMedia({ orm }: Database): StoredMediaRecords {
  return {
    async record(message, { store, key, sha256, sizeBytes, mimeType }, at) {
      // What stands on the right of || wins: the platform's own type over the one found, the new place over an old one.
      const found = sql`jsonb_strip_nulls(jsonb_build_object('mimeType', ${mimeType ?? null}::text))`;
      const place = sql`jsonb_build_object('stored', jsonb_build_object('store', ${store}::text, 'key', ${key}::text,
        'sha256', ${sha256}::text, 'sizeBytes', ${sizeBytes}::bigint, 'at', ${at.toISOString()}::text))`;
      const recorded = await orm
        .update(messages)
        .set({ media: sql`${found} || coalesce(${messages.media}, '{}') || ${place}`, updatedAt: sql`now()` })
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
