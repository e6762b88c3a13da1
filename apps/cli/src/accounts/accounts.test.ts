import { expect, test } from "vitest";
import { UsageError } from "../usage-error.ts";
import { addAccount } from "./accounts.ts";

test("an account of an unknown integration is refused, and the error lists the integrations", async () => {
  const account = { tenantName: "Mill", provider: "watsapp", externalId: "1", reason: undefined };
  const added = addAccount({}, account);
  await expect(added).rejects.toThrow(UsageError);
  await expect(added).rejects.toThrow(/there is no integration watsapp with accounts; choose one of: .*whatsapp/);
});

test("an account of an integration without accounts is refused", async () => {
  const added = addAccount({}, { tenantName: "Mill", provider: "n8n", externalId: "1", reason: undefined });
  await expect(added).rejects.toThrow(/there is no integration n8n with accounts; choose one of: (?!.*n8n)/);
});
