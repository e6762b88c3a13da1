import { type HttpResponse, secretList } from "@millrace/core";
import { z } from "zod";

/** Access tokens by the id of a page or a phone number. */
export type GraphTokens = ReadonlyMap<string, string>;

/** What stands for everything without a token of its own. */
const ANY = "*";

/** One token for everything, or `id=token` pairs separated by commas; both together are good as well. */
export const graphTokens = secretList.transform((entries, context): GraphTokens => {
  const pairs = entries.map((entry): [string, string] => {
    const [, id, token] = /^(\d+)=(.+)$/.exec(entry) ?? [];
    return id === undefined || token === undefined ? [ANY, entry] : [id, token];
  });
  if (new Set(pairs.map(([id]) => id)).size < pairs.length)
    context.addIssue("must hold one token, or id=token pairs with each id once");
  return new Map(pairs);
});

/** The token for a page or a phone number, if there is one. */
export function tokenFor(tokens: GraphTokens, id: string): string | undefined {
  return tokens.get(id) ?? tokens.get(ANY);
}

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
 * What of a Graph error decides; its texts are left out, because they may hold what was sent.
 * https://developers.facebook.com/docs/graph-api/guides/error-handling
 */
export type GraphError = z.infer<typeof errorBody>["error"];

/** The error in an answer, if it is one; HTTP 200 does not rule it out. */
export function graphErrorOf(response: HttpResponse): GraphError | undefined {
  return errorBody.safeParse(response.json).data?.error;
}
