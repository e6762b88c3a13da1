import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { z } from "zod";
import type { IngestEnv } from "./app.ts";

/** What is wrong with one place of a body. Names the place and what belongs there, never what stood there. */
const fieldErrorSchema = z.object({
  pointer: z.string().meta({ description: "The place as a JSON pointer (RFC 6901).", examples: ["/message/text"] }),
  field: z.string().meta({ description: "The same place for people.", examples: ["message.text"] }),
  detail: z.string().meta({ examples: ["is required"] }),
});

/** Problem details (RFC 9457), as every refusal is answered. */
export const problemSchema = z
  .object({
    type: z.literal("about:blank"),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional().meta({ description: "What to do about it." }),
    errors: z.array(fieldErrorSchema).optional().meta({ description: "What is wrong with which field of the body." }),
    correlationId: z.string().meta({ description: "Names the request in our logs; also in `X-Request-Id`." }),
  })
  .meta({ description: "Problem details (RFC 9457)." });

/** See {@link problemSchema}. */
export type FieldError = z.infer<typeof fieldErrorSchema>;

/** What a problem may say beyond its title. */
export type ProblemDetails = Pick<z.infer<typeof problemSchema>, "detail" | "errors">;

/** Answers with problem details that name the request by its correlation id and nothing of its content. */
export function problem(
  c: Context<IngestEnv>,
  status: ContentfulStatusCode,
  title: string,
  headers: Record<string, string> = {},
  details: ProblemDetails = {},
): Response {
  const correlationId = c.get("correlationId");
  const body: z.infer<typeof problemSchema> = { type: "about:blank", title, status, ...details, correlationId };
  return c.body(JSON.stringify(body), status, { "content-type": "application/problem+json", ...headers });
}
