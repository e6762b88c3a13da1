import type { Context } from "hono";
import { badRequest } from "./responses.ts";

/** A call of a method with its parameters. */
export type Call = {
  method: string;
  parameters: Readonly<Record<string, unknown>>;
  /** Files of a multipart body by the names of their parts. */
  files: ReadonlyMap<string, File>;
};

/**
 * Reads a call. Its parameters are in the query, in a JSON body or in a form. Objects in a form are JSON.
 * https://core.telegram.org/bots/api#making-requests
 */
export async function readCall(c: Context): Promise<Call> {
  const method = c.req.param("method") ?? "";
  const files = new Map<string, File>();
  const query = c.req.query();
  const type = c.req.header("content-type") ?? "";
  if (type.startsWith("application/json")) {
    const body: unknown = await c.req.json().catch(() => undefined);
    if (typeof body !== "object" || body === null) throw badRequest("can't parse JSON object");
    return { method, parameters: { ...query, ...body }, files };
  }
  const fields = type === "" ? {} : await c.req.parseBody();
  const parameters: Record<string, unknown> = {};
  for (const [name, value] of Object.entries({ ...query, ...fields })) {
    if (value instanceof File) {
      files.set(name, value);
      parameters[name] = `attach://${name}`;
    } else {
      parameters[name] = typeof value === "string" ? parseField(value) : value;
    }
  }
  return { method, parameters, files };
}

/** Parses a JSON object or array, and returns any other text unchanged. */
function parseField(text: string): unknown {
  if (!/^[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
