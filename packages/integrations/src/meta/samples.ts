import type { Environment, Sample } from "@millrace/core";
import { signMetaRequest } from "../shared/meta/webhook.ts";
import { readWebhookConfig } from "./config.ts";
import { META_PATHS } from "./webhook.ts";

/** A page of the sandbox tenant. */
const PAGE_ID = "300000000000001";

/** A page that no tenant owns. */
export const UNOWNED_PAGE_ID = "300000000000009";

/** Sample requests as Meta sends them. Each call names new leads. */
export function metaSamples(environment: Environment, now: Date): Record<string, Sample> {
  const secret = readWebhookConfig(environment)?.appSecrets[0] ?? "";
  const seconds = Math.floor(now.getTime() / 1000);
  const lead = (number: number, pageId: string) => ({
    field: "leadgen",
    value: {
      ad_id: "238500000000001",
      adgroup_id: "238500000000001",
      created_time: seconds,
      form_id: "120300000000001",
      leadgen_id: `${now.getTime()}0${number}`,
      page_id: pageId,
    },
  });
  const entry = (id: string, ...changes: readonly unknown[]) => ({ id, time: seconds, changes });
  const sign = (...entries: readonly unknown[]) =>
    signMetaRequest(META_PATHS[0], { object: "page", entry: entries }, secret);
  const test = {
    ad_id: "444444444",
    adgroup_id: "44444444444",
    created_time: seconds,
    form_id: "444444444444",
    leadgen_id: "444444444444",
    page_id: "444444444444",
  };
  return {
    lead: sign(entry(PAGE_ID, lead(1, PAGE_ID))),
    "broken-page": sign(entry(UNOWNED_PAGE_ID, lead(2, UNOWNED_PAGE_ID))),
    "dashboard-test": sign(entry("0", { field: "leadgen", value: test })),
    batch: sign(entry(PAGE_ID, lead(3, PAGE_ID), lead(4, PAGE_ID)), entry(PAGE_ID, lead(5, PAGE_ID))),
  };
}
