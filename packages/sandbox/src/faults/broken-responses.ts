/** No answer until the caller goes away. `gone` fires then. */
export async function noAnswer(gone: AbortSignal): Promise<Response> {
  if (!gone.aborted) await new Promise((resolve) => gone.addEventListener("abort", resolve, { once: true }));
  return new Response(null, { status: 499 });
}

/** An answer of the web server before the API, as it comes when the API is down. */
export function serverDown(): Response {
  return new Response("<html><body>Sorry, something went wrong.</body></html>", {
    status: 500,
    headers: { "content-type": "text/html" },
  });
}

/** 200 and half a body: `json` breaks off. */
export function halfAnswer(json: string): Response {
  return new Response(json, { headers: { "content-type": "application/json" } });
}
