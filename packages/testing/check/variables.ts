import { basename } from "node:path";
import { projectFiles, read } from "./tree.ts";

/** Where variables are read: schemas of zod whose keys are the variables' names. */
const READERS = new Set(["env.ts", "config.ts", "environment.ts"]);

/** Read by a library of ours, under names that are its own. */
const READ_BY_LIBRARIES = new Map([
  ["AWS_ACCESS_KEY_ID", "@aws-sdk/client-s3"],
  ["AWS_SECRET_ACCESS_KEY", "@aws-sdk/client-s3"],
  ["GOOGLE_APPLICATION_CREDENTIALS", "google-auth-library"],
]);

/**
 * Every variable that the code or docker-compose.yml reads is in .env.example, and the reverse. An integration's are
 * in docker-compose.yml too: it says which container gets which, so that ingest has nothing to send with.
 */
export function variables(): string[] {
  const documented = find(read(".env.example"), /^(?:# )?([A-Z][A-Z0-9_]*)=/gm);
  const compose = read("docker-compose.yml");
  const handedOn = find(compose, /^ +([A-Z][A-Z0-9_]*): \$\{\1:-\}$/gm);
  const given = new Set([...handedOn, ...find(read("deploy/Dockerfile"), /^ENV ([A-Z][A-Z0-9_]*)=/gm)]);
  const ownReads = [...find(compose, /\$\{([A-Z][A-Z0-9_]*)/g)].filter((name) => !handedOn.has(name));
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
      .map((name) => `.env.example has ${name}, which nothing reads`),
    ...[...readers]
      .filter(([name, path]) => path.startsWith("packages/integrations/") && !given.has(name))
      .map(([name, path]) => `docker-compose.yml gives no container ${name}, which ${path} reads`),
    ...[...handedOn]
      .filter((name) => !readers.has(name))
      .map((name) => `docker-compose.yml hands on ${name}, which nothing reads`),
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
      return [...keys, ...lookups].map((name): [string, string] => [name, path]);
    });
}

function find(text: string, pattern: RegExp): Set<string> {
  return new Set([...text.matchAll(pattern)].map(([, name = ""]) => name));
}
