/** A request without any web framework: the body is the raw bytes that arrived. */
export type RawRequest = {
  method: string;
  /**
   * The full URL as the sender saw it, because a signature may cover it: the public base URL of ingest, then the path and
   * query as the sender wrote them. No part is decoded or normalized.
   */
  url: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
  query: URLSearchParams;
  /** Parameters in the path of the route. */
  params: Readonly<Record<string, string>>;
  body: Uint8Array;
};
