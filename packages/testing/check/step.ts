/** A check of the project. */
export type Step = {
  /** Names the check in the output; `npm run check -- <word>` selects checks by it. */
  name: string;
  /** Resolves with one text per problem; with none when the check passes. */
  run(): string[] | Promise<string[]>;
};
