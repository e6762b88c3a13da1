import { contentHash, type NewMessage } from "@millrace/core";
import type { EventContext } from "../inbox/event-context.ts";

/** Adds the job that fetches the media of an inbound message, or the recording of a call in either direction. */
export function fetchMedia({ media: channels, followUps }: EventContext, message: NewMessage): void {
  const { channel, accountId, externalId, media, direction, call } = message;
  if (!media || !channels.has(channel) || (direction === "outbound" && !call)) return;
  followUps.push({
    integration: channel,
    role: "media",
    id: `media.${contentHash([accountId, externalId])}`,
    kind: "media",
    payload: { channel, accountId, externalId, media },
  });
}
