import { baseUrl, type Environment, flag, readEnvironment } from "@millrace/core";
import { z } from "zod";

const variables = z.object({ SEND_TAKES_OVER: flag(false) });

/** Whether a message that a person sends takes the conversation over from the AI. Throws EnvironmentError. */
export function readSendTakesOver(environment: Environment): boolean {
  return readEnvironment(variables, environment).SEND_TAKES_OVER;
}

/** Messages a second, of a number or a bot. */
export function messagesPerSecond(fallback: number) {
  return z.coerce
    .number({ error: "must be a number" })
    .int("must be a whole number")
    .min(1, "must be at least 1")
    .max(1000, "must be at most 1000")
    .default(fallback);
}

/**
 * Where the Graph API is. The version is a part of it, so that moving to the next is a change of this one line, and
 * trying it a change of the variable. https://developers.facebook.com/docs/graph-api/changelog/versions
 */
const GRAPH_BASE_URL = "https://graph.facebook.com/v26.0";

const endpoint = z.object({ GRAPH_BASE_URL: baseUrl(GRAPH_BASE_URL) });

/** Reads GRAPH_BASE_URL, which is for all that talk to Meta. Throws EnvironmentError. */
export function readGraphBaseUrl(environment: Environment): string {
  return readEnvironment(endpoint, environment).GRAPH_BASE_URL;
}
