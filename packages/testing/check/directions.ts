import { type Manifest, manifests } from "./manifests.ts";

/** What each package may import of the workspace. An app may import every package, but no app. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  integrations: ["core"],
  queue: ["core"],
  db: ["core"],
  media: ["core"],
  sandbox: ["core"],
  "embedded-postgres": [],
};

const SCOPE = "@millrace/";

/** The rules of direction: who depends on whom, as package.json says it. */
export function directions(): string[] {
  const all = manifests();
  const apps = new Set(all.filter(({ path }) => path.startsWith("apps/")).map(({ name }) => name));
  return all.filter(({ name }) => name.startsWith(SCOPE)).flatMap((manifest) => problemsOf(manifest, apps));
}

function problemsOf(manifest: Manifest, apps: ReadonlySet<string>): string[] {
  const id = manifest.name.slice(SCOPE.length);
  const used = workspaceNames(manifest.dependencies);
  const usedByTests = workspaceNames(manifest.devDependencies);
  // A development package itself: nothing that runs imports it, so it may import what it likes.
  if (id === "testing") return [];
  const allowed = MAY_IMPORT[id];
  if (!apps.has(manifest.name) && allowed === undefined)
    return [`${manifest.path}: say in packages/testing/check/directions.ts what ${manifest.name} may import`];
  return [
    ...used
      .filter((name) => name === `${SCOPE}testing` || apps.has(name))
      .map((name) => `${manifest.path}: ${name} may only be a dev dependency`),
    ...used
      .filter((name) => allowed !== undefined && !allowed.includes(name.slice(SCOPE.length)) && !apps.has(name))
      .map((name) => `${manifest.path}: ${manifest.name} may not depend on ${name}`),
    ...usedByTests
      .filter((name) => apps.has(name) && !apps.has(manifest.name))
      .map((name) => `${manifest.path}: a package knows no app, not in its tests either: ${name}`),
  ];
}

function workspaceNames(dependencies: Readonly<Record<string, string>>): string[] {
  return Object.keys(dependencies).filter((name) => name.startsWith(SCOPE));
}
