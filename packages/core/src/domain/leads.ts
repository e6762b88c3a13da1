import type { Click } from "./conversions.ts";

/** A lead as the platform reports it. */
export type NewLead = {
  tenantId: string;
  contactId: string;
  /** `Meta`, the name that CRMs expect. */
  source: string;
  externalId: string;
  pageId?: string | undefined;
  formId?: string | undefined;
  adId?: string | undefined;
  adName?: string | undefined;
  adsetId?: string | undefined;
  adsetName?: string | undefined;
  campaignId?: string | undefined;
  campaignName?: string | undefined;
  platform?: string | undefined;
  isOrganic?: boolean | undefined;
  isTest: boolean;
  fullName?: string | undefined;
  email?: string | undefined;
  phone?: string | undefined;
  /** Every answer by its field name, unchanged. */
  answers: Record<string, readonly string[]>;
  /** Every consent box by its key. */
  consents: Record<string, boolean>;
  /** The ad click that led to the lead, when the form has a field for it. */
  click?: Click | undefined;
  submittedAt: Date;
  payload: unknown;
};
