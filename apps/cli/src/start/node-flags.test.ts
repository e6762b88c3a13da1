import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectFolder } from "../env.ts";
import { NODE_FLAGS } from "./node-flags.ts";

test("the containers run with the flags of `millrace start`", () => {
  const dockerfile = readFileSync(join(projectFolder, "deploy/Dockerfile"), "utf8");
  for (const app of ["ingest", "worker", "dashboard"]) {
    const command = JSON.stringify(["node", ...NODE_FLAGS, `apps/${app}/src/main.ts`]).replaceAll(",", ", ");
    expect(dockerfile).toContain(`\nCMD ${command}\n`);
    // The flags are a part of the key of compiled code.
    expect(dockerfile).toContain(`\nRUN node ${NODE_FLAGS.join(" ")} apps/${app}/src/main.ts;`);
  }
});
