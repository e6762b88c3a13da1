import type { HttpResponse } from "@millrace/core";
import { z } from "zod";

const errorBody = z.object({
  error: z.object({
    code: z.number(),
    error_subcode: z.number().optional().catch(undefined),
    is_transient: z.boolean().optional().catch(undefined),
    fbtrace_id: z
      .string()
      .regex(/^[\w-]{1,64}$/)
      .optional()
      .catch(undefined),
  }),
});

/**
 * The fields of a Graph error that classification needs. The texts are left out, because they can quote the request.
 * https://developers.facebook.com/docs/graph-api/guides/error-handling
 */
export type GraphError = z.infer<typeof errorBody>["error"];

/** The error in a response, or undefined. A response with HTTP 200 can also hold an error. */
export function graphErrorOf(response: HttpResponse): GraphError | undefined {
  return errorBody.safeParse(response.json).data?.error;
}
