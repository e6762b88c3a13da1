/** A request without any web framework: the body is the raw bytes that arrived. */
export type RawRequest = {
  method: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
  query: URLSearchParams;
  /** Parameters in the path of the route. */
  params: Readonly<Record<string, string>>;
  body: Uint8Array;
};
