import { projectFiles, read } from "./tree.ts";

/** A package.json and where it is; what it leaves out is empty. */
export type Manifest = Record<"scripts" | "dependencies" | "devDependencies", Record<string, string>> & {
  path: string;
  name: string;
};

/** Every package.json of the workspace, the root's among them. */
export function manifests(): Manifest[] {
  return projectFiles()
    .filter((path) => path === "package.json" || path.endsWith("/package.json"))
    .map((path) => {
      const found = JSON.parse(read(path)) as Partial<Manifest>;
      return { name: "", scripts: {}, dependencies: {}, devDependencies: {}, ...found, path };
    });
}
