/** What a check found of a store or a setting. `fail`: something must be done; `warn`: it works, with a risk. */
export type Finding = {
  check: string;
  state: "ok" | "warn" | "fail";
  /** Without secrets and personal data. */
  found: string;
  /** What to do about it; where it is not `ok`. */
  todo?: string;
};
