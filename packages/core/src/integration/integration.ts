import type { Capabilities } from "../capabilities/index.ts";
import type { Subscriptions } from "../domain/domain-event.ts";
import type { InboundEvent } from "../domain/event.ts";
import type { OutgoingFormat } from "../domain/outgoing-format.ts";
import type { Environment } from "../runtime/environment.ts";
import type { ApiRoute } from "./api-route.ts";
import type { EventHandler } from "./event-handler.ts";
import type { PersonalDataReader } from "./personal-data.ts";
import type { ProviderCheck } from "./provider-check.ts";
import type { Webhook } from "./webhook.ts";

/**
 * Everything that Millrace knows about one platform. Each integration has a folder in packages/integrations and a line
 * in its registry. The apps and the other packages treat all integrations alike and name none.
 */
export type Integration = {
  /** The integration's folder, route segment, database value and log field. */
  id: string;
  /** The name that people read. */
  title: string;
  /**
   * Receives what the platform posts; empty when the integration is switched off (see toggleOf) or receives no webhooks.
   * Throws EnvironmentError.
   */
  webhooks(environment: Environment): readonly Webhook[];
  /** Processes the events. Throws EnvironmentError. */
  handler(environment: Environment): EventHandler;
  /** The domain events that the integration reacts to. Throws EnvironmentError. */
  subscribes?(environment: Environment): Subscriptions;
  /**
   * Routes of Millrace's own API; none when the integration is switched off. `formats` is what each channel can send.
   * Throws EnvironmentError.
   */
  api?(environment: Environment, formats: readonly OutgoingFormat[]): readonly ApiRoute[];
  /** What the integration can do besides receiving events. Absent when it only receives them. */
  capabilities?: Capabilities;
  /**
   * What the doctor asks the provider, one check per credential. Empty when the integration is switched off or has no
   * credentials. Throws EnvironmentError.
   */
  checks?(environment: Environment): readonly ProviderCheck[];
  /**
   * Example requests of the platform and of API callers, for `millrace send`, the smoke test and the conformance suite.
   * `fields` replaces values of a sample, e.g. `text`; a sample ignores fields that it does not have.
   */
  samples(environment: Environment, now: Date, fields?: Readonly<Record<string, string>>): Record<string, Sample>;
  /** Our account that an inbound event belongs to, e.g. a page; undefined when the event names none. Never throws. */
  accountOf(event: Pick<InboundEvent, "kind" | "payload">): string | undefined;
  /** The identifiers of people in its payloads (events, API requests, unreadable content), and how to redact them. */
  personalData: PersonalDataReader;
  /** Patterns of the platform's tokens and signatures within a text, which pages redact. Global, in linear time. */
  secretPatterns: readonly RegExp[];
  /** Other names that `millrace send` accepts. */
  aliases?: readonly string[];
  /** How the integration runs on a machine without an account at the platform. */
  local: LocalSetup;
};

/** How an integration runs under `npm start` on a machine without an account at the platform. */
export type LocalSetup = {
  /** Variables that hold a secret of ours. The first start generates them and later starts reuse them. */
  secrets: readonly string[];
  /**
   * Variables of a start without an account at the platform: the sandbox's address, and the toggle of an integration that
   * is off by default, unless it is set. Empty when a real credential is set. `environment` has no generated secret.
   */
  endpoints(environment: Environment, sandboxUrl: string): Record<string, string>;
  /** Accounts of the sandbox tenant while `endpoints` is not empty; `*` is every account without a row of its own. Empty: the platform has no accounts. */
  accounts: readonly string[];
  /** Accounts that no tenant owns, to show what happens to their events. */
  unownedAccounts?: readonly string[];
};

/**
 * A POST request in the platform's form, signed with the secrets of the environment. `path` may have a query. A signature
 * over the URL covers what localRequestUrl returns for the path.
 */
export type Sample = { path: string; headers: Record<string, string>; body: string };
