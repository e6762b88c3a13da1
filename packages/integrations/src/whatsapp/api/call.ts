import { type Http, type Now, ProviderError } from "@millrace/core";
import { tokenFor } from "../../shared/meta/graph-tokens.ts";
import type { ApiConfig } from "../config.ts";
import { type CallOrigin, failureOf } from "./failure.ts";
import { numberScope } from "./scopes.ts";

/** The access to the Graph API as one phone number. */
export type NumberAccess = { phoneNumberId: string; token: string; baseUrl: string };

/**
 * The access as a phone number.
 * @throws ProviderError paused, if WHATSAPP_ACCESS_TOKEN has no token for it
 */
export function accessOf(config: ApiConfig, phoneNumberId: string): NumberAccess {
  const token = tokenFor(config.tokens, phoneNumberId);
  if (token === undefined)
    throw new ProviderError(
      `WHATSAPP_ACCESS_TOKEN has no token for phone number ${phoneNumberId}`,
      { kind: "paused", scope: numberScope(phoneNumberId) },
      { code: "no_token" },
    );
  return { phoneNumberId, token, baseUrl: config.baseUrl };
}

/** A call. `path` follows the version in the URL; a body is sent as JSON or as a form. */
type GraphCall = { path: string; body?: FormData | Record<string, unknown> };

/**
 * Calls the Graph API and returns the JSON of a successful response.
 * @throws ProviderError with the next step
 */
export async function callGraph(
  { token, baseUrl }: NumberAccess,
  { path, body }: GraphCall,
  origin: CallOrigin,
  { http, now, signal }: { http: Http; now: Now; signal: AbortSignal },
): Promise<unknown> {
  const isForm = body instanceof FormData;
  const headers = {
    ...bearer(token),
    ...(body === undefined || isForm ? {} : { "content-type": "application/json" }),
  };
  const content = body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) };
  const method = body === undefined ? "GET" : "POST";
  const response = await http({ method, url: `${baseUrl}/${path}`, headers, ...content }, signal);
  const failure = failureOf(response, origin, now());
  if (failure) throw failure;
  return response.json;
}

/** The authorization header of every call and download. */
export function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}
