import { storedMedia } from "@millrace/db";
import type { WorkerCapability } from "../capability.ts";
import { createMediaProcessor } from "./media.ts";

/** Fetches the files in received messages. */
export const media: WorkerCapability<"media"> = {
  run: ({ adapter }, { stores, ...deps }) => ({
    processors: {
      media: createMediaProcessor({
        ...deps,
        source: adapter,
        store: stores.media,
        storedMedia: storedMedia(stores.database),
      }),
    },
  }),
  inboxSettings: (enabled) => ({ media: new Set(enabled.map(({ integration }) => integration)) }),
};
