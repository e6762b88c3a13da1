import { contentHash, type FollowUp, type Media, type MessageKey } from "@millrace/core";
import type { EventContext } from "../inbox/event-context.ts";

/** Adds the job that fetches the file of a message, if the channel can fetch files. */
export function fetchMedia(
  { media: channels, followUps }: Pick<EventContext, "media" | "followUps">,
  message: MessageKey & { tenantId: string },
  media: Media,
): void {
  if (channels.has(message.channel)) followUps.push(mediaJob(message, media));
}

/** The job that fetches the file of a message. */
function mediaJob(
  { tenantId, channel, accountId, externalId }: MessageKey & { tenantId: string },
  media: Media,
): FollowUp {
  return {
    integration: channel,
    role: "media",
    id: `media.${contentHash([accountId, externalId])}`,
    kind: "media",
    payload: { tenantId, channel, accountId, externalId, media },
  };
}
