export { fillTables } from "./fill.ts";
export { avoidSequentialScans, tablesReadInFull } from "./table-reads.ts";
