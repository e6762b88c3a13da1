import { timestamp, uuid } from "drizzle-orm/pg-core";

/** A UUIDv7 primary key, given by the application. */
export const id = () => uuid("id").primaryKey();

/** A point in time with its zone. */
export const time = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

/** When the row was written, by the database's clock. */
export const createdAt = () => time("created_at").notNull().defaultNow();

/** When the row last changed. */
export const updatedAt = () => time("updated_at").notNull().defaultNow();
