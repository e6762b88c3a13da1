import type { Conversion, ConsentStatus } from "@millrace/core";

/** Where a request's conversions go. */
export type Destination = {
  /** The account that owns the conversion action. */
  accountId: string;
  /** The manager account that the credentials are of, where they are. */
  loginAccountId: string | undefined;
  actionId: string;
};

const googleAds = (accountId: string) => ({ accountType: "GOOGLE_ADS", accountId });

/**
 * The body of `events:ingest`. Every event has its transaction id: by it Google knows those that it has already.
 * https://developers.google.com/data-manager/api/reference/rest/v1/events/ingest
 */
export function ingestRequest(destination: Destination, conversions: readonly Conversion[]): Record<string, unknown> {
  const { accountId, loginAccountId, actionId } = destination;
  return {
    destinations: [
      {
        operatingAccount: googleAds(accountId),
        ...(loginAccountId === undefined ? {} : { loginAccount: googleAds(loginAccountId) }),
        productDestinationId: actionId,
      },
    ],
    encoding: "HEX",
    events: conversions.map(eventOf),
  };
}

function eventOf(conversion: Conversion): Record<string, unknown> {
  const { transactionId, convertedAt, eventSource, click, value, currency, emailHash, phoneHash, consent } = conversion;
  const userIdentifiers = [
    ...(emailHash === undefined ? [] : [{ emailAddress: emailHash }]),
    ...(phoneHash === undefined ? [] : [{ phoneNumber: phoneHash }]),
  ];
  const told = consentOf(consent);
  return {
    transactionId,
    eventTimestamp: convertedAt,
    eventSource,
    adIdentifiers: { [click.kind]: click.id },
    // Google's field is a double: of a sum with more than 15 digits it gets the nearest. The row keeps the decimal.
    ...(value === undefined ? {} : { conversionValue: Number(value) }),
    ...(currency === undefined ? {} : { currency }),
    ...(userIdentifiers.length > 0 ? { userData: { userIdentifiers } } : {}),
    ...(Object.keys(told).length > 0 ? { consent: told } : {}),
  };
}

const CONSENTS: Readonly<Record<ConsentStatus, string>> = { granted: "CONSENT_GRANTED", denied: "CONSENT_DENIED" };

/** What a person said, and nothing of what they did not. */
function consentOf({ adUserData, adPersonalization }: Conversion["consent"]): Record<string, string> {
  return {
    ...(adUserData === undefined ? {} : { adUserData: CONSENTS[adUserData] }),
    ...(adPersonalization === undefined ? {} : { adPersonalization: CONSENTS[adPersonalization] }),
  };
}
