import { manifests } from "./manifests.ts";
import { read } from "./tree.ts";

/** Versions stand in pnpm-workspace.yaml alone, each exact, and every package.json refers to them. */
export function catalogue(): string[] {
  return [...rangesOfManifests(), ...rangesOfCatalogue()];
}

function rangesOfManifests(): string[] {
  return manifests().flatMap(({ path, dependencies, devDependencies }) =>
    Object.entries({ ...dependencies, ...devDependencies })
      .filter(([name, version]) => version !== (name.startsWith("@millrace/") ? "workspace:*" : "catalog:"))
      .map(([name, version]) => `${path}: ${name} is "${version}"; write "catalog:", or "workspace:*" for our own`),
  );
}

function rangesOfCatalogue(): string[] {
  const [, block = ""] = /^catalog:\n((?:  .*\n)+)/m.exec(read("pnpm-workspace.yaml")) ?? [];
  const entries = [...block.matchAll(/^ {2}"?([^":]+)"?: *"?([^"\s#]+)/gm)];
  if (entries.length === 0) return ["pnpm-workspace.yaml: no catalog found"];
  return entries
    .filter(([, , version = ""]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    .map(([, name, version]) => `pnpm-workspace.yaml: ${name} is "${version}", which is no exact version`);
}
