import { classifyHttp, type MediaSource, permanent, retryable } from "@millrace/core";

/** How a provider's API is asked for the recording of a call. */
export type RecordingApi = {
  /** The provider's name, for errors. */
  title: string;
  /** The scope that waits while the credentials are throttled or need repair. */
  scopeOf(accountId: string): string;
  /** Largest recording in bytes. */
  maxBytes: number;
  /**
   * The request for a recording as MP3, by the id of its file; both ids are encoded for a path. It goes to the provider's
   * API and not to a URL in a webhook, so that no other host gets the credentials.
   */
  requestFor(target: { accountId: string; id: string }): { url: string; headers: Record<string, string> };
};

/** Fetches recordings by their ids. */
export function recordings({ title, scopeOf, maxBytes, requestFor }: RecordingApi): MediaSource {
  return {
    scopes: ({ accountId }) => [scopeOf(accountId)],
    maxBytes,
    async open({ accountId, media }, { download, now, signal }) {
      const encoded = { accountId: encodeURIComponent(accountId), id: encodeURIComponent(media.id) };
      const request = { method: "GET", ...requestFor(encoded) } as const;
      const { body, ...response } = await download(request, signal);
      if (response.status === 404) throw permanent(`${title} no longer has the recording`, "gone");
      const failure = classifyHttp({ ...response, json: undefined }, scopeOf(accountId), now());
      if (failure) throw failure;
      const mimeType = response.headers["content-type"] ?? "audio/mpeg";
      if (!body || mimeType.includes("json"))
        throw retryable(`the response of ${title} has no recording`, { code: "malformed" });
      return { body, mimeType, sha256: undefined, sizeBytes: undefined };
    },
  };
}
