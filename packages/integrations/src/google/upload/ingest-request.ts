import type { Conversion, ConsentStatus } from "@millrace/core";

/** The account and the conversion action of a request. */
export type Destination = {
  /** The account that owns the conversion action. */
  accountId: string;
  /** The manager account of the credentials, if they belong to one. */
  loginAccountId: string | undefined;
  actionId: string;
};

const googleAds = (accountId: string) => ({ accountType: "GOOGLE_ADS", accountId });

/**
 * The body of `events:ingest`. Each event has its transaction id, by which Google recognizes duplicates.
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
  const googleConsent = consentOf(consent);
  return {
    transactionId,
    eventTimestamp: convertedAt,
    eventSource,
    adIdentifiers: { [click.kind]: click.id },
    // Google's field is a double: an amount with more than 15 digits is rounded. The row keeps the decimal.
    ...(value === undefined ? {} : { conversionValue: Number(value) }),
    ...(currency === undefined ? {} : { currency }),
    ...(userIdentifiers.length > 0 ? { userData: { userIdentifiers } } : {}),
    ...(Object.keys(googleConsent).length > 0 ? { consent: googleConsent } : {}),
  };
}

const CONSENTS: Readonly<Record<ConsentStatus, string>> = { granted: "CONSENT_GRANTED", denied: "CONSENT_DENIED" };

/** The consent in Google's values. Unknown consent is left out. */
function consentOf({ adUserData, adPersonalization }: Conversion["consent"]): Record<string, string> {
  return {
    ...(adUserData === undefined ? {} : { adUserData: CONSENTS[adUserData] }),
    ...(adPersonalization === undefined ? {} : { adPersonalization: CONSENTS[adPersonalization] }),
  };
}
