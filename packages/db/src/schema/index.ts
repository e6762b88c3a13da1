export * from "./contacts.ts";
export * from "./conversations.ts";
export * from "./leads.ts";
export * from "./messages.ts";
export * from "./pipe.ts";
export * from "./tenants.ts";
export * from "./turns.ts";
