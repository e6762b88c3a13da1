import { projectFiles, read } from "./project-files.ts";

/** A longer file does more than one thing. */
const MAX_LINES = 400;

/** No source file is longer than {@link MAX_LINES}. */
export function lengths(): string[] {
  return projectFiles()
    .filter((path) => /\.(ts|mjs|js)$/.test(path))
    .flatMap((path) => {
      const lines = read(path).split("\n").length - 1;
      return lines > MAX_LINES ? [`${path} has ${lines} lines: split it into files with one subject each`] : [];
    });
}
