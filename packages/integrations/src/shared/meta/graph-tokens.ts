import { secretList } from "@millrace/core";

/** Access tokens by page id or phone number id. */
export type GraphTokens = ReadonlyMap<string, string>;

/** The key of the default token, used for ids without their own token. */
export const ANY = "*";

/** Parses one default token, `id=token` pairs separated by commas, or both. */
export const graphTokens = secretList.transform((entries, context): GraphTokens => {
  const pairs = entries.map((entry): [string, string] => {
    const [, id, token] = /^(\d+)=(.+)$/.exec(entry) ?? [];
    return id === undefined || token === undefined ? [ANY, entry] : [id, token];
  });
  if (new Set(pairs.map(([id]) => id)).size < pairs.length)
    context.addIssue("must hold one token, or id=token pairs with each id once");
  return new Map(pairs);
});

/** The token of a page or phone number, or else the default token. */
export function tokenFor(tokens: GraphTokens, id: string): string | undefined {
  return tokens.get(id) ?? tokens.get(ANY);
}
