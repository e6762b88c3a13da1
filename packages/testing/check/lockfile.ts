import { read } from "./project-files.ts";

/** The lockfile names no registry: an address would tie every machine to the registry that one of them used. */
export function lockfile(): string[] {
  return read("pnpm-lock.yaml")
    .split("\n")
    .flatMap((line, index) =>
      /\btarball:|\bresolution:.*:\/\//.test(line) ? [`pnpm-lock.yaml:${index + 1}: ${line.trim()}`] : [],
    );
}
