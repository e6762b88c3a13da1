/** The dashboard's own pages, in the order of the navigation: path and label. */
export const LINKS = [
  ["/replays", "Replays"],
  ["/pauses", "Pauses"],
  ["/conversions", "Conversions"],
  ["/accounts", "Accounts"],
  ["/audit", "Audit log"],
] as const;
