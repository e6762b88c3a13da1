import { manifests } from "./manifests.ts";
import { read } from "./project-files.ts";

/** Only pnpm-workspace.yaml names versions, each of them exact; every package.json refers to its catalog. */
export function catalogue(): string[] {
  return [...rangesOfManifests(), ...rangesOfCatalogue()];
}

function rangesOfManifests(): string[] {
  return manifests().flatMap(({ path, dependencies, devDependencies }) =>
    Object.entries({ ...dependencies, ...devDependencies })
      .filter(([name, version]) => version !== (name.startsWith("@millrace/") ? "workspace:*" : "catalog:"))
      .map(
        ([name, version]) =>
          `${path}: ${name} is "${version}"; write "catalog:", or "workspace:*" for a package of the workspace`,
      ),
  );
}

function rangesOfCatalogue(): string[] {
  const [, block = ""] = /^catalog:\n((?:  .*\n)+)/m.exec(read("pnpm-workspace.yaml")) ?? [];
  const entries = [...block.matchAll(/^ {2}"?([^":]+)"?: *"?([^"\s#]+)/gm)];
  if (entries.length === 0) return ["pnpm-workspace.yaml: no catalog found"];
  return entries
    .filter(([, , version = ""]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    .map(([, name, version]) => `pnpm-workspace.yaml: ${name} is "${version}", which is not an exact version`);
}
