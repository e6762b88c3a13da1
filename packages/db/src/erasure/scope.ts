/** A file in a media store; `store` is absent when its row does not record the store. */
export type FileToErase = { store?: string; key: string };

/** What identifies a person in rows, payloads and jobs. */
export type PersonalData = {
  /** Identifiers that others use: phone numbers, e-mail addresses, ids at platforms. */
  names: readonly string[];
  /** Ids of the person's rows: the contact, conversations, messages, AI turns and leads; ours and the platforms'. */
  ids: readonly string[];
};

/** What an erasure searches for. Kept in audit_log until the erasure ends. */
export type ErasureScope = PersonalData & {
  tenantId: string;
  /** Whether the contact's own rows are erased. */
  isContactErased: boolean;
  /** Ids of group conversations with messages of the person, in which others may quote them. */
  groups: readonly string[];
  /** Display names. They are not unique, so they are only searched for in those groups. */
  called: readonly string[];
  files: readonly FileToErase[];
};

/** How many rows of each table were erased. */
export type RowCounts = Record<string, number>;
