// Relay's runtime on what relay-compiler made of schema.graphql and relay/kpis.js.
import relay from "relay-runtime";
import caughtQuery from "./artifacts/kpisCaughtQuery.graphql.js";
import kpisQuery from "./artifacts/kpisQuery.graphql.js";
import { AUTHORIZATION, DOWN, OPEN, OWN, PARTIAL, WHOLE, leave, print, told, wire } from "./flows.mjs";

const { Environment, Network, Observable, RecordSource, Store, fetchQuery } = relay;

function client({ at = OPEN, headers = AUTHORIZATION } = {}) {
  const { exchanges, recorded } = wire();
  const payloads = [];
  const network = Network.create(({ text }, variables) => Observable.create((sink) => {
    const leaving = new AbortController();
    const body = JSON.stringify({ query: text, variables });
    const accept = "application/graphql-response+json, application/json;q=0.9";
    const request = { method: "POST", headers: { ...headers, accept, "content-type": "application/json" }, body, signal: leaving.signal };
    recorded(`${at}/graphql`, request)
      .then((response) => response.json())
      .then((payload) => { payloads.push(payload); sink.next(payload); sink.complete(); }, (error) => sink.closed || sink.error(error));
    return () => leaving.abort();
  }));
  return { environment: new Environment({ network, store: new Store(new RecordSource()) }), exchanges, payloads };
}

function ask({ environment, exchanges, payloads }, query, variables, signal) {
  return new Promise((resolve, reject) => {
    const { unsubscribe } = fetchQuery(environment, query, variables).subscribe({
      next: (data) => resolve({ data, errors: told(payloads.at(-1).errors), exchanges }),
      error: (error) => resolve({ data: null, errors: told(error.source?.errors), exchanges }),
    });
    signal?.addEventListener("abort", () => { unsubscribe(); reject(signal.reason); });
  });
}

print({
  whole: await ask(client(), kpisQuery, WHOLE),
  partial: await ask(client(), kpisQuery, PARTIAL),
  caught: await ask(client(), caughtQuery, PARTIAL),
  down: await ask(client({ at: DOWN }), kpisQuery, WHOLE),
  anonymous: await ask(client({ headers: {} }), kpisQuery, WHOLE),
  invalid: await ask(client(), { ...kpisQuery, params: { ...kpisQuery.params, text: "{ nothing }" } }, WHOLE),
  left: await leave((signal) => ask(client(), kpisQuery, OWN, signal)),
});
