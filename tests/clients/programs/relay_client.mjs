// Relay's runtime over fetch, by documents' texts or, where they were persisted, by their ids.
import relay from "relay-runtime";
import { AUTHORIZATION, OPEN, told, wire } from "./flows.mjs";

const { Environment, Network, Observable, RecordSource, Store, fetchQuery } = relay;

export function client({ at = OPEN, headers = AUTHORIZATION } = {}) {
  const { exchanges, recorded } = wire();
  const payloads = [];
  const network = Network.create(({ text, id }, variables) => Observable.create((sink) => {
    const leaving = new AbortController();
    const body = JSON.stringify({ ...(id ? { documentId: id } : { query: text }), variables });
    const accept = "application/graphql-response+json, application/json;q=0.9";
    const request = { method: "POST", headers: { ...headers, accept, "content-type": "application/json" }, body, signal: leaving.signal };
    recorded(`${at}/graphql`, request)
      .then((response) => response.json())
      .then((payload) => { payloads.push(payload); sink.next(payload); sink.complete(); }, (error) => sink.closed || sink.error(error));
    return () => leaving.abort();
  }));
  return { environment: new Environment({ network, store: new Store(new RecordSource()) }), exchanges, payloads };
}

export function ask({ environment, exchanges, payloads }, query, variables, signal) {
  return new Promise((resolve, reject) => {
    const { unsubscribe } = fetchQuery(environment, query, variables).subscribe({
      next: (data) => resolve({ data, errors: told(payloads.at(-1).errors), exchanges }),
      error: (error) => resolve({ data: null, errors: told(error.source?.errors), exchanges }),
    });
    signal?.addEventListener("abort", () => { unsubscribe(); reject(signal.reason); });
  });
}
