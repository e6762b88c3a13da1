import { posix } from "node:path";
import { projectFiles, read } from "./project-files.ts";

/**
 * No relative import leaves its package. An integration imports only from its own folder and `shared`, and its tests also
 * from the package's folder `test`.
 */
export function imports(): string[] {
  return projectFiles()
    .filter((path) => /^(apps|packages)\/.*\.ts$/.test(path))
    .flatMap((path) =>
      relativeImports(path)
        .filter((target) => isForeign(path, target))
        .map((target) => `${path} imports ${target}, which belongs to another package or integration`),
    );
}

function relativeImports(path: string): string[] {
  const specifiers = [...read(path).matchAll(/\b(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g)];
  return specifiers.map(([, specifier = ""]) => posix.join(posix.dirname(path), specifier));
}

function isForeign(path: string, target: string): boolean {
  if (packageOf(path) !== packageOf(target)) return true;
  if (path.endsWith(".test.ts") && target.startsWith("packages/integrations/test/")) return false;
  const [own, other] = [integrationOf(path), integrationOf(target)];
  return own !== undefined && own !== other && (own === "shared" || other !== "shared");
}

function packageOf(path: string): string {
  return path.split("/").slice(0, 2).join("/");
}

/** Returns the folder of the integration that a file belongs to; undefined for the registry and for other packages. */
function integrationOf(path: string): string | undefined {
  return /^packages\/integrations\/src\/([^/]+)\//.exec(path)?.[1];
}
