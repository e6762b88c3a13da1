import { type Environment, readEnvironment } from "@millrace/core";
import { z } from "zod";

const variables = z.object({
  QUEUE_URL: z.url({
    protocol: /^(rediss?|postgres|postgresql)$/,
    error: "must be a redis://, rediss:// or postgres:// URL",
  }),
});

/** The queue's store: QUEUE_URL, or DATABASE_URL where that is unset. Throws EnvironmentError. */
export function readQueueUrl(environment: Environment): string {
  return readEnvironment(variables, { QUEUE_URL: environment["QUEUE_URL"] || environment["DATABASE_URL"] }).QUEUE_URL;
}
