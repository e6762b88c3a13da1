import { createConversionBatches, createRateLimits } from "@millrace/db";
import type { WorkerCapability } from "../capability.ts";
import { startUploadBatcher } from "./upload-batcher.ts";
import { createUploadProcessor } from "./uploads.ts";

/** Forms batches of conversions, uploads them and asks for their results. */
export const conversions: WorkerCapability<"conversions"> = {
  run({ integration, adapter }, { stores, ports, timings, ...deps }) {
    const batches = createConversionBatches(stores.database, ports.newId);
    return {
      processors: {
        uploads: createUploadProcessor({
          ...deps,
          uploads: adapter,
          batches,
          limits: createRateLimits(stores.database),
          ports,
        }),
      },
      startLoop: () =>
        startUploadBatcher({
          integration,
          maxBatch: adapter.maxBatch,
          batches,
          followUps: deps.followUps,
          ports,
          timings,
        }),
    };
  },
};
