import { baseUrl, type Environment, readEnvironment } from "@millrace/core";
import { z } from "zod";

/**
 * The URL includes the API version. An upgrade changes this line; a test of the next version sets the variable.
 * https://developers.facebook.com/docs/graph-api/changelog/versions
 */
const GRAPH_BASE_URL = "https://graph.facebook.com/v26.0";

const endpoint = z.object({ GRAPH_BASE_URL: baseUrl(GRAPH_BASE_URL) });

/** Reads GRAPH_BASE_URL. Meta Lead Ads and WhatsApp share it. Throws EnvironmentError. */
export function readGraphBaseUrl(environment: Environment): string {
  return readEnvironment(endpoint, environment).GRAPH_BASE_URL;
}
