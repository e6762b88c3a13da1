import { type Manifest, manifests } from "./manifests.ts";

/** The packages of the workspace that each package may depend on. An app may depend on every package, but on no app. */
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

/** Every package.json depends only on the packages that {@link MAY_IMPORT} allows. */
export function directions(): string[] {
  const all = manifests();
  const apps = new Set(all.filter(({ path }) => path.startsWith("apps/")).map(({ name }) => name));
  return all.filter(({ name }) => name.startsWith(SCOPE)).flatMap((manifest) => problemsOf(manifest, apps));
}

function problemsOf(manifest: Manifest, apps: ReadonlySet<string>): string[] {
  const id = manifest.name.slice(SCOPE.length);
  const used = workspaceNames(manifest.dependencies);
  const usedByTests = workspaceNames(manifest.devDependencies);
  // Nothing in production depends on the testing package, so it may depend on any package.
  if (id === "testing") return [];
  const allowed = MAY_IMPORT[id];
  if (!apps.has(manifest.name) && allowed === undefined)
    return [`${manifest.path}: list in packages/testing/check/package-directions.ts what ${manifest.name} may import`];
  return [
    ...used
      .filter((name) => name === `${SCOPE}testing` || apps.has(name))
      .map((name) => `${manifest.path}: ${name} may be a dev dependency only`),
    ...used
      .filter((name) => allowed !== undefined && !allowed.includes(name.slice(SCOPE.length)) && !apps.has(name))
      .map((name) => `${manifest.path}: ${manifest.name} may not depend on ${name}`),
    ...usedByTests
      .filter((name) => apps.has(name) && !apps.has(manifest.name))
      .map((name) => `${manifest.path}: a package must not depend on an app, not even in its tests: ${name}`),
  ];
}

function workspaceNames(dependencies: Readonly<Record<string, string>>): string[] {
  return Object.keys(dependencies).filter((name) => name.startsWith(SCOPE));
}
