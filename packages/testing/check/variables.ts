import { basename } from "node:path";
import { toggleOf } from "@millrace/core";
import { projectFiles, read } from "./project-files.ts";

/** Files that read variables, with Zod schemas that have the variables' names as keys. */
const READERS = new Set([
  "env.ts",
  "config.ts",
  "environment.ts",
  "alert-config.ts",
  "retention-config.ts",
  "graph-base-url.ts",
  "public-url.ts",
]);

/** Variables that a dependency reads. */
const READ_BY_LIBRARIES = new Map([
  ["AWS_ACCESS_KEY_ID", "@aws-sdk/client-s3"],
  ["AWS_SECRET_ACCESS_KEY", "@aws-sdk/client-s3"],
  ["GOOGLE_APPLICATION_CREDENTIALS", "google-auth-library"],
]);

/**
 * .env.example lists exactly the variables that the code or docker-compose.yml reads. docker-compose.yml passes each
 * variable of an integration to the containers that need it, so that ingest has no credentials for sending.
 */
export function variables(): string[] {
  const documented = find(read(".env.example"), /^(?:# )?([A-Z][A-Z0-9_]*)=/gm);
  const compose = read("docker-compose.yml");
  const passedOn = find(compose, /^ +([A-Z][A-Z0-9_]*): \$\{\1:-\}$/gm);
  const passed = new Set([...passedOn, ...find(read("deploy/Dockerfile"), /^ENV ([A-Z][A-Z0-9_]*)=/gm)]);
  const ownReads = [...find(compose, /\$\{([A-Z][A-Z0-9_]*)/g)].filter((name) => !passedOn.has(name));
  const readers = new Map([
    ...ownReads.map((name) => [name, "docker-compose.yml"] as const),
    ...readersInCode(),
    ...READ_BY_LIBRARIES,
  ]);
  return [
    ...[...readers]
      .filter(([name]) => !documented.has(name))
      .map(([name, path]) => `.env.example lacks ${name}, which ${path} reads`),
    ...[...documented]
      .filter((name) => !readers.has(name))
      .map((name) => `.env.example has ${name}, which no code reads`),
    ...[...readers]
      .filter(([name, path]) => path.startsWith("packages/integrations/") && !passed.has(name))
      .map(([name, path]) => `docker-compose.yml passes ${name}, which ${path} reads, to no container`),
    ...[...passedOn]
      .filter((name) => !readers.has(name))
      .map((name) => `docker-compose.yml passes on ${name}, which no code reads`),
  ];
}

function readersInCode(): [name: string, path: string][] {
  return projectFiles()
    .filter((path) => /^(apps|packages)\/[^/]+\/src\/.*\.ts$/.test(path))
    .filter((path) => !path.startsWith("packages/testing/") && !path.endsWith(".test.ts"))
    .flatMap((path) => {
      const text = read(path);
      const keys = READERS.has(basename(path)) ? [...find(text, /\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"?:/g)] : [];
      const lookups = find(text, /\benvironment\["([A-Z][A-Z0-9_]*)"\]/g);
      const toggles = [...find(text, /\breadToggle\("([a-z0-9-]+)"/g)].map(toggleOf);
      return [...keys, ...lookups, ...toggles].map((name): [string, string] => [name, path]);
    });
}

function find(text: string, pattern: RegExp): Set<string> {
  return new Set([...text.matchAll(pattern)].map(([, name = ""]) => name));
}
