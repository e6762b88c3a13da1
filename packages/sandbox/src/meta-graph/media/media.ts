import { createHash } from "node:crypto";
import { type Context, Hono } from "hono";
import type { Now } from "@millrace/core";
import type { FaultQueue } from "../../faults/fault-queue.ts";
import { createFileStore } from "../../files/file-store.ts";
import type { RequestLog } from "../../logs/request-log.ts";
import { sampleFile } from "../../files/sample-files.ts";
import { errorResponse, missingObject } from "../errors.ts";
import { appliesToStep, mediaFaultResponse } from "./faults.ts";
import { invalidParameter, codeError } from "../messages/errors.ts";
import { bearerToken, tokenErrorOf } from "../tokens.ts";

/** Lifetime of a download URL. https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media */
const URL_MS = 5 * 60_000;

/** Maximum size by media type in bytes; `application` and `text` are documents. */
const MAX_BYTES: Readonly<Record<string, number>> = {
  "image/jpeg": 5_000_000,
  "image/png": 5_000_000,
  "image/webp": 500_000,
  audio: 16_000_000,
  video: 16_000_000,
  application: 100_000_000,
  text: 100_000_000,
};

type MediaFile = { mimeType: string; bytes: Uint8Array };

/** WhatsApp's files: the uploaded ones, and the sample files `sandbox-media-<kind>`. */
export type Media = {
  has(id: string): boolean;
  /** `POST /<phone number id>/media`. */
  upload(c: Context): Promise<Response>;
  /** `GET /<media id>`: a download URL that is valid for five minutes. */
  lookup(c: Context, id: string): Promise<Response>;
  /** The routes of the download URLs. */
  downloads: Hono;
};

/** Creates {@link Media} without uploaded files. */
export function createMedia(now: Now, faults: FaultQueue, requests: RequestLog): Media {
  const uploaded = createFileStore<MediaFile>();
  const find = (id: string): MediaFile | undefined => uploaded.get(id) ?? sampleFile(id);
  let uploads = 0;

  /** Logs a request. Returns its error response, or the fault that changes the file. */
  const prepare = async (c: Context, mediaId: string, step: string) => {
    const tokenError = tokenErrorOf(bearerToken(c.req.header("authorization")));
    requests.record(c.req.method, c.req.url, tokenError === undefined);
    if (tokenError) return { error: errorResponse(tokenError, {}) };
    const fault = faults.take({ api: "media", mediaId, step }, appliesToStep(step), () => `${step} ${mediaId}`);
    const error = fault === undefined ? undefined : await mediaFaultResponse(fault, mediaId, c.req.raw.signal);
    return { error, fault };
  };

  return {
    has: (id) => find(id) !== undefined,
    async upload(c) {
      const { error } = await prepare(c, "", "upload");
      if (error) return error;
      const {
        file,
        type,
        messaging_product: product,
      } = await c.req.parseBody().catch(() => ({}) as Record<string, never>);
      if (product !== "whatsapp")
        return errorResponse(invalidParameter("The parameter messaging_product is required."), {});
      if (!(file instanceof File)) return errorResponse(invalidParameter("The parameter file is required."), {});
      const mimeType = file.type || String(type);
      const maxBytes = MAX_BYTES[mimeType.split(";")[0] ?? ""] ?? MAX_BYTES[mimeType.split("/")[0] ?? ""];
      if (maxBytes === undefined)
        return errorResponse(
          invalidParameter(
            `Param file must be a file with one of the allowed types. Received file of type '${mimeType}'.`,
          ),
          {},
        );
      if (file.size > maxBytes || file.size === 0)
        return errorResponse(codeError(131053, `File size must be between 1 and ${maxBytes} bytes`), {});
      uploads += 1;
      const id = `${now().getTime()}${String(uploads).padStart(6, "0")}`;
      uploaded.put(id, { mimeType, bytes: await file.bytes() });
      return c.json({ id });
    },
    async lookup(c, id) {
      const { error } = await prepare(c, id, "lookup");
      if (error) return error;
      const file = find(id);
      if (!file) return errorResponse(missingObject(id), {});
      const expiresAt = now().getTime() + URL_MS;
      return c.json({
        messaging_product: "whatsapp",
        url: `${new URL(c.req.url).origin}/graph/_media/${id}?ext=${expiresAt}`,
        mime_type: file.mimeType,
        sha256: createHash("sha256").update(file.bytes).digest("hex"),
        file_size: file.bytes.length,
        id,
      });
    },
    downloads: new Hono().get("/:id", async (c) => {
      const id = c.req.param("id");
      const { error, fault } = await prepare(c, id, "download");
      if (error) return error;
      const file = find(id);
      if (!file || !(Number(c.req.query("ext")) > now().getTime())) return c.text("URL signature expired", 404);
      const bytes = fault === "corrupt" ? file.bytes.map((byte) => byte ^ 0xff) : file.bytes;
      return new Response(Buffer.from(bytes), { headers: { "content-type": file.mimeType } });
    }),
  };
}
