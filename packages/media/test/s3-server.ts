import { serve } from "@hono/node-server";

/** An error response in the form of S3. */
export type Rejection = { status: number; code: string };

type Stored = { bytes: Uint8Array<ArrayBuffer>; type: string | null };

/** A fake S3 with the calls that the store uses: path style, in memory, one bucket. */
export type S3Server = {
  url: string;
  bucket: string;
  /** Complete objects by key. */
  objects: Map<string, Stored>;
  /** Uploads in parts that are neither complete nor aborted, by their id. */
  uploads: Map<string, Map<number, Uint8Array<ArrayBuffer>>>;
  /** All requests, as `PUT key?query`. */
  requests: string[];
  /** Rejects a request before it is processed; undefined accepts it. */
  reject: (request: Request) => Rejection | undefined;
  close(): Promise<void>;
};

type State = Omit<S3Server, "url" | "close">;

/** Starts a server on a free port. */
export async function startS3Server(): Promise<S3Server> {
  const state: State = {
    bucket: "files",
    objects: new Map(),
    uploads: new Map(),
    requests: [],
    reject: () => undefined,
  };
  return new Promise((resolve) => {
    const server = serve(
      { fetch: (request) => respond(state, request), port: 0, hostname: "127.0.0.1" },
      ({ port }) => {
        const close = () => new Promise<void>((closed) => void server.close(() => closed()));
        resolve(Object.assign(state, { url: `http://127.0.0.1:${port}`, close }));
      },
    );
  });
}

async function respond(state: State, request: Request): Promise<Response> {
  const url = new URL(request.url);
  const [, bucket, ...names] = url.pathname.split("/");
  const key = decodeURIComponent(names.join("/"));
  const { searchParams: query } = url;
  state.requests.push(`${request.method} ${key}?${[...query.keys()].sort().join("&")}`);
  const bytes = new Uint8Array(await request.arrayBuffer());
  const rejection = state.reject(request);
  if (rejection) return errorResponse(rejection);
  if (bucket !== state.bucket) return errorResponse({ status: 404, code: "NoSuchBucket" });
  const uploadId = query.get("uploadId");
  if (uploadId !== null) return respondToUpload(state, request.method, { key, uploadId, query, bytes });
  if (request.method === "POST" && query.has("uploads")) {
    const id = `${state.uploads.size + 1}.${request.headers.get("content-type") ?? ""}`;
    state.uploads.set(id, new Map());
    return xml(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
  }
  if (request.method === "PUT") {
    state.objects.set(key, { bytes, type: request.headers.get("content-type") });
    return new Response(null, { headers: { etag: '"whole"' } });
  }
  if (request.method === "DELETE") {
    state.objects.delete(key);
    return new Response(null, { status: 204 });
  }
  const stored = state.objects.get(key);
  if (!stored) return errorResponse({ status: 404, code: "NoSuchKey" });
  return new Response(stored.bytes, { headers: { "content-type": stored.type ?? "binary/octet-stream" } });
}

function respondToUpload(
  state: State,
  method: string,
  {
    key,
    uploadId,
    query,
    bytes,
  }: { key: string; uploadId: string; query: URLSearchParams; bytes: Uint8Array<ArrayBuffer> },
): Response {
  const parts = state.uploads.get(uploadId);
  if (!parts) return errorResponse({ status: 404, code: "NoSuchUpload" });
  if (method === "PUT") {
    parts.set(Number(query.get("partNumber")), bytes);
    return new Response(null, { headers: { etag: `"${query.get("partNumber")}"` } });
  }
  state.uploads.delete(uploadId);
  if (method === "DELETE") return new Response(null, { status: 204 });
  const named = [
    ...Buffer.from(bytes)
      .toString()
      .matchAll(/<PartNumber>(\d+)<\/PartNumber>/g),
  ];
  const whole = Buffer.concat(named.map((match) => parts.get(Number(match[1])) ?? new Uint8Array()));
  state.objects.set(key, { bytes: new Uint8Array(whole), type: uploadId.slice(uploadId.indexOf(".") + 1) });
  return xml(`<CompleteMultipartUploadResult><ETag>"parts"</ETag></CompleteMultipartUploadResult>`);
}

function errorResponse({ status, code }: Rejection): Response {
  return xml(`<Error><Code>${code}</Code><Message>secret of the server</Message></Error>`, status);
}

function xml(body: string, status = 200): Response {
  return new Response(`<?xml version="1.0" encoding="UTF-8"?>${body}`, {
    status,
    headers: { "content-type": "application/xml" },
  });
}
