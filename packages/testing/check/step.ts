/** One thing that must hold of the project. */
export type Step = {
  /** What it is, for its line of the report. */
  name: string;
  /** What is wrong, one entry per problem; none when all is well. */
  run(): string[] | Promise<string[]>;
};
