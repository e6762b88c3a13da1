import { contentHash, type Media, type MessageKey } from "@millrace/core";
import type { EventContext } from "../inbox/event-context.ts";

/** Adds the job that fetches the file of a message, if the channel can fetch files. */
export function fetchMedia({ media: channels, followUps }: EventContext, key: MessageKey, media: Media): void {
  const { channel, accountId, externalId } = key;
  if (!channels.has(channel)) return;
  followUps.push({
    integration: channel,
    role: "media",
    id: `media.${contentHash([accountId, externalId])}`,
    kind: "media",
    payload: { channel, accountId, externalId, media },
  });
}
