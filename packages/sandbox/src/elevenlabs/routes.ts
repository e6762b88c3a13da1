import { type Context, Hono } from "hono";
import type { SandboxDeps } from "../deps.ts";

/** A silent frame of MPEG-1 layer III at 128 kbit/s and 44.1 kHz. */
const FRAME = Buffer.concat([Buffer.from("fffb9000", "hex"), Buffer.alloc(413)]);

/** The recording of every conversation: one second of silence. */
const RECORDING = Buffer.alloc(38 * FRAME.length, FRAME);

/**
 * The routes of ElevenLabs' API. Each id that begins with `conv_` is a conversation with a recording. Each API key that begins
 * with `sandbox` is valid. https://elevenlabs.io/docs/api-reference/conversations/get-audio
 * https://elevenlabs.io/docs/api-reference/conversations/list
 */
export function elevenLabsRoutes({ requests }: Pick<SandboxDeps, "requests">): Hono {
  return new Hono()
    .use(async (c, next) => {
      const authenticated = c.req.header("xi-api-key")?.startsWith("sandbox") ?? false;
      requests.record(c.req.method, c.req.url, authenticated);
      return authenticated ? next() : failed(c, 401, "invalid_api_key", "Invalid API key");
    })
    .get("/v1/convai/conversations", (c) => {
      const size = Number(c.req.query("page_size") ?? 30);
      if (!(size >= 1 && size <= 100)) return failed(c, 422, "invalid_page_size", "page_size must be from 1 to 100");
      return c.json({ conversations: [], next_cursor: null, has_more: false });
    })
    .get("/v1/convai/conversations/:id/audio", (c) => {
      if (!c.req.param("id").startsWith("conv_"))
        return failed(c, 404, "conversation_not_found", "Conversation was not found.");
      return c.body(RECORDING, 200, { "content-type": "audio/mpeg" });
    });
}

function failed(c: Context, httpStatus: 401 | 404 | 422, status: string, message: string): Response {
  return c.json({ detail: { status, message } }, httpStatus);
}
