import { z } from "zod";
import { type Environment, httpUrl, port, readEnvironment } from "../runtime/environment.ts";

const variables = z.object({
  INGEST_PUBLIC_URL: httpUrl.refine((url) => !/[?#]/.test(url), "must have no query and no fragment").optional(),
});

/**
 * Reads INGEST_PUBLIC_URL: the base URL under which platforms reach ingest, without trailing slashes. Undefined when it
 * is unset; requests then have the scheme http and their Host header. Throws EnvironmentError.
 */
export function readPublicUrl(environment: Environment): string | undefined {
  return readEnvironment(variables, environment).INGEST_PUBLIC_URL;
}

const localVariables = z.object({ INGEST_PORT: port(8080) });

/**
 * Returns the full URL that ingest sees for a request from this machine. A sample signs it when the platform's signature
 * covers the URL. Throws EnvironmentError.
 * @param path the path and query of the request
 */
export function localRequestUrl(environment: Environment, path: string): string {
  const { INGEST_PORT } = readEnvironment(localVariables, environment);
  return `${readPublicUrl(environment) ?? `http://127.0.0.1:${INGEST_PORT}`}${path}`;
}
