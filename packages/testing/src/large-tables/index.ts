export { fillTables } from "./fill.ts";
export { tablesReadInFull } from "./table-reads.ts";
export { useLargeTables } from "./use-large-tables.ts";
