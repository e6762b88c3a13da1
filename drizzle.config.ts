import { defineConfig } from "drizzle-kit";

/** `npm run db:generate` writes the SQL of a schema change into packages/db/migrations. */
export default defineConfig({
  dialect: "postgresql",
  schema: "./packages/db/src/schema/index.ts",
  out: "./packages/db/migrations",
});
