import { read } from "./tree.ts";

/** An address in the lockfile would tie every machine to the registry that one of them used. */
export function lockfile(): string[] {
  return read("pnpm-lock.yaml")
    .split("\n")
    .flatMap((line, index) =>
      /\btarball:|\bresolution:.*:\/\//.test(line) ? [`pnpm-lock.yaml:${index + 1}: ${line.trim()}`] : [],
    );
}
