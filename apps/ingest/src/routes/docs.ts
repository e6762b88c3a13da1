import { Hono } from "hono";
import { etag } from "hono/etag";
import { secureHeaders } from "hono/secure-headers";
import type { IngestDeps, IngestEnv } from "../deps.ts";
import { ASSETS, PAGE, readAsset, START_SCRIPT } from "../openapi/page.ts";

/** Browsers cache the files for an hour and then revalidate the ETag: an update does not change the names of the files. */
const CACHED = { "Cache-Control": "public, max-age=3600" };
const REVALIDATED = { "Cache-Control": "no-cache" };

/** The API reference: the OpenAPI document and a page that shows it. Neither requires a sign-in. */
export function docsRoutes({ apis }: IngestDeps): Hono<IngestEnv> {
  let document: Promise<string> | undefined;
  const routes = new Hono<IngestEnv>();
  for (const path of ["/openapi.json", "/docs/*"]) routes.use(path, pageHeaders, etag());
  routes.get("/openapi.json", async (c) => {
    document ??= createDocument(apis);
    return c.body(await document, 200, { ...REVALIDATED, "content-type": "application/json" });
  });
  routes.get("/docs", (c) => c.html(PAGE, 200, REVALIDATED));
  routes.get("/docs/start.js", (c) =>
    c.body(START_SCRIPT, 200, { ...REVALIDATED, "content-type": "text/javascript; charset=utf-8" }),
  );
  for (const [name, type] of Object.entries(ASSETS))
    routes.get(`/docs/${name}`, async (c) => c.body(await readAsset(name), 200, { ...CACHED, "content-type": type }));
  return routes;
}

/** Creates the document when a caller first asks for it: the code that does it takes some MB of memory. */
async function createDocument(apis: IngestDeps["apis"]): Promise<string> {
  const { openApiDocument } = await import("../openapi/document.ts");
  return JSON.stringify(openApiDocument(apis));
}

/** The page loads files from this host only and cannot be framed. Swagger UI's icons are data URLs. */
const pageHeaders = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", "data:"],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
  xFrameOptions: "DENY",
  referrerPolicy: "no-referrer",
  // The proxy in front of ingest decides about TLS.
  strictTransportSecurity: false,
});
