import { projectFiles, read } from "./project-files.ts";

/** A package.json with its path; sections that it does not have are empty. */
export type Manifest = Record<"scripts" | "dependencies" | "devDependencies", Record<string, string>> & {
  path: string;
  name: string;
};

/** Reads every package.json of the workspace, including the root's. */
export function manifests(): Manifest[] {
  return projectFiles()
    .filter((path) => path === "package.json" || path.endsWith("/package.json"))
    .map((path) => {
      const manifest = JSON.parse(read(path)) as Partial<Manifest>;
      return { name: "", scripts: {}, dependencies: {}, devDependencies: {}, ...manifest, path };
    });
}
