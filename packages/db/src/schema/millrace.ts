import { pgSchema } from "drizzle-orm/pg-core";

/** The schema of the tables that only Millrace reads and writes. A CRM reads the tables of `public`. */
export const millrace = pgSchema("millrace");
