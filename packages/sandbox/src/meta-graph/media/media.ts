import { createHash } from "node:crypto";
import { type Context, Hono } from "hono";
import type { Now } from "@millrace/core";
import type { FaultQueue } from "../../faults/fault-queue.ts";
import { createFileMemory } from "../../files/file-store.ts";
import type { RequestLog } from "../../logs/request-log.ts";
import { sampleFile } from "../../files/sample-files.ts";
import { errorResponse, missingObject } from "../errors.ts";
import { concerns, mediaFaultResponse } from "./faults.ts";
import { badParam, sendError } from "../messages/errors.ts";
import { bearerToken, refusalOf } from "../tokens.ts";

/** How long a URL is good for. https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media */
const URL_MS = 5 * 60_000;

/** Largest file of each kind in bytes; `application` and `text` are documents. */
const LARGEST: Readonly<Record<string, number>> = {
  "image/jpeg": 5_000_000,
  "image/png": 5_000_000,
  "image/webp": 500_000,
  audio: 16_000_000,
  video: 16_000_000,
  application: 100_000_000,
  text: 100_000_000,
};

type MediaFile = { mimeType: string; bytes: Uint8Array };

/** WhatsApp's files: what was uploaded, and `sandbox-media-<kind>`, which is always there. */
export type Media = {
  has(id: string): boolean;
  /** `POST /<phone number id>/media`. */
  upload(c: Context): Promise<Response>;
  /** `GET /<media id>`: where the file is, for five minutes. */
  lookup(c: Context, id: string): Promise<Response>;
  /** The URLs that `lookup` gives. */
  downloads: Hono;
};

/** {@link Media} with nothing uploaded yet. */
export function createMedia(now: Now, faults: FaultQueue, requests: RequestLog): Media {
  const uploaded = createFileMemory<MediaFile>();
  const find = (id: string): MediaFile | undefined => uploaded.get(id) ?? sampleFile(id);
  let uploads = 0;

  /** What stands in the way of a request, or the fault that it goes through with. */
  const check = async (c: Context, mediaId: string, step: string) => {
    const refusal = refusalOf(bearerToken(c.req.header("authorization")));
    requests.record(c.req.method, c.req.url, refusal === undefined);
    if (refusal) return { refused: errorResponse(refusal, {}) };
    const fault = faults.take({ api: "media", mediaId, step }, concerns(step), () => `${step} ${mediaId}`);
    const refused = fault === undefined ? undefined : await mediaFaultResponse(fault, mediaId, c.req.raw.signal);
    return { refused, fault };
  };

  return {
    has: (id) => find(id) !== undefined,
    async upload(c) {
      const { refused } = await check(c, "", "upload");
      if (refused) return refused;
      const {
        file,
        type,
        messaging_product: product,
      } = await c.req.parseBody().catch(() => ({}) as Record<string, never>);
      if (product !== "whatsapp") return errorResponse(badParam("The parameter messaging_product is required."), {});
      if (!(file instanceof File)) return errorResponse(badParam("The parameter file is required."), {});
      const mimeType = file.type || String(type);
      const largest = LARGEST[mimeType.split(";")[0] ?? ""] ?? LARGEST[mimeType.split("/")[0] ?? ""];
      if (largest === undefined)
        return errorResponse(
          badParam(`Param file must be a file with one of the allowed types. Received file of type '${mimeType}'.`),
          {},
        );
      if (file.size > largest || file.size === 0)
        return errorResponse(sendError(131053, `File size must be between 1 and ${largest} bytes`), {});
      uploads += 1;
      const id = `${now().getTime()}${String(uploads).padStart(6, "0")}`;
      uploaded.put(id, { mimeType, bytes: await file.bytes() });
      return c.json({ id });
    },
    async lookup(c, id) {
      const { refused } = await check(c, id, "lookup");
      if (refused) return refused;
      const file = find(id);
      if (!file) return errorResponse(missingObject(id), {});
      const expires = now().getTime() + URL_MS;
      return c.json({
        messaging_product: "whatsapp",
        url: `${new URL(c.req.url).origin}/graph/_media/${id}?ext=${expires}`,
        mime_type: file.mimeType,
        sha256: createHash("sha256").update(file.bytes).digest("hex"),
        file_size: file.bytes.length,
        id,
      });
    },
    downloads: new Hono().get("/:id", async (c) => {
      const id = c.req.param("id");
      const { refused, fault } = await check(c, id, "download");
      if (refused) return refused;
      const file = find(id);
      if (!file || !(Number(c.req.query("ext")) > now().getTime())) return c.text("URL signature expired", 404);
      const bytes = fault === "corrupt" ? file.bytes.map((byte) => byte ^ 0xff) : file.bytes;
      return new Response(Buffer.from(bytes), { headers: { "content-type": file.mimeType } });
    }),
  };
}
