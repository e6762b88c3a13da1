import type { Context } from "hono";
import { badRequest } from "./responses.ts";

/** A call of a method with its parameters, however they came. */
export type Call = {
  method: string;
  parameters: Readonly<Record<string, unknown>>;
  /** Files of a multipart body, by the names of their parts. */
  files: ReadonlyMap<string, File>;
};

/**
 * Reads a call: its parameters may stand in the query, in JSON or in a form, where objects are JSON texts.
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
      parameters[name] = typeof value === "string" ? unfold(value) : value;
    }
  }
  return { method, parameters, files };
}

/** A text that is a JSON object or list as what it is. */
function unfold(text: string): unknown {
  if (!/^[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
