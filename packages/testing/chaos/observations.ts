/** An event that ingest acknowledged with 2xx. */
export type Acknowledged = {
  integration: string;
  /** The event id. Ends with `*` when only its beginning is known. */
  eventId: string;
  /** When the 2xx arrived, in ms since 1970. */
  at: number;
  /** The event, or the body of the request, which names the person that it is about. */
  about: string;
};

/** One request to ingest and its answer. */
export type IngestRequest = {
  /** When the request started, in ms since 1970. */
  at: number;
  ms: number;
  /** Undefined when there was no answer. */
  status: number | undefined;
};

/** A request to send a message that ingest acknowledged. */
export type AcceptedSend = {
  /** The recipient. The requests of one stream are made one after the other, each after the 2xx of the one before. */
  stream: string;
  person: number;
  text: string;
  eventId: string;
  messageIds: readonly string[];
  at: number;
};

/** A span of time in ms since 1970. */
export type Span = { from: number; to: number };

/** A fault as it was done. */
export type InjectedFault = Span & {
  resource: string;
  name: string;
  losesQueueData: boolean;
  /** Why the fault was not done, or what it changed. */
  note?: string;
};

/** What is known about a run outside of Millrace. It is in memory of the process that makes the faults. */
export type Observations = {
  acknowledged: Acknowledged[];
  requests: IngestRequest[];
  sends: AcceptedSend[];
  /** The texts of each webhook request, in its order. */
  inbound: (readonly string[])[];
  faults: InjectedFault[];
  /** The erasures: the person, and when the command ended. */
  erasures: { person: number; at: number }[];
  /** Statuses of outbound messages that went backwards, as the sampling of the table saw them. */
  backwards: string[];
};

/** Creates an empty {@link Observations}. */
export function createObservations(): Observations {
  return { acknowledged: [], requests: [], sends: [], inbound: [], faults: [], erasures: [], backwards: [] };
}
