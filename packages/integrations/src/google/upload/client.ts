import type { HttpResponse, UploadContext } from "@millrace/core";
import type { UploadsConfig } from "../config.ts";
import type { AccessToken } from "./credentials.ts";

/** A call of the Data Manager API. */
type Call = { method: "GET" | "POST"; path: string; body?: Record<string, unknown> };

/** Calls the Data Manager API. A rejected token is refreshed once. Rejects with ProviderError only. */
export async function callGoogle(
  call: Call,
  { baseUrl, project }: Pick<UploadsConfig, "baseUrl" | "project">,
  accessToken: AccessToken,
  { http, signal }: Pick<UploadContext, "http" | "signal">,
): Promise<HttpResponse> {
  const send = async (refresh: boolean) => {
    const headers = {
      authorization: `Bearer ${await accessToken(refresh)}`,
      ...(call.body ? { "content-type": "application/json" } : {}),
      ...(project === undefined ? {} : { "x-goog-user-project": project }),
    };
    const body = call.body && JSON.stringify(call.body);
    const url = `${baseUrl}/${call.path}`;
    return http({ method: call.method, url, headers, ...(body === undefined ? {} : { body }) }, signal);
  };
  const response = await send(false);
  return response.status === 401 ? send(true) : response;
}
