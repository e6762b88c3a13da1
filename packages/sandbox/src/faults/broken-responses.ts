/** Sends no response until the caller closes the connection, which aborts `signal`. */
export async function noResponse(signal: AbortSignal): Promise<Response> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  return new Response(null, { status: 499 });
}

/** Returns the 500 page of the web server in front of an API that is down. */
export function serverErrorPage(): Response {
  return new Response("<html><body>Sorry, something went wrong.</body></html>", {
    status: 500,
    headers: { "content-type": "text/html" },
  });
}

/** Returns 200 with `json`, the beginning of a JSON body. */
export function truncatedResponse(json: string): Response {
  return new Response(json, { headers: { "content-type": "application/json" } });
}
