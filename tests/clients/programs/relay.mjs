// Relay's runtime on what relay-compiler made of schema.graphql and relay/kpis.js.
import caughtQuery from "./artifacts/kpisCaughtQuery.graphql.js";
import kpisQuery from "./artifacts/kpisQuery.graphql.js";
import { DOWN, OWN, PARTIAL, WHOLE, leave, print } from "./flows.mjs";
import { ask, client } from "./relay_client.mjs";

const invalid = { ...kpisQuery, params: { ...kpisQuery.params, text: "{ nothing }" } };

print({
  whole: await ask(client(), kpisQuery, WHOLE),
  partial: await ask(client(), kpisQuery, PARTIAL),
  caught: await ask(client(), caughtQuery, PARTIAL),
  down: await ask(client({ at: DOWN }), kpisQuery, WHOLE),
  anonymous: await ask(client({ headers: {} }), kpisQuery, WHOLE),
  invalid: await ask(client(), invalid, WHOLE),
  left: await leave((signal) => ask(client(), kpisQuery, OWN, signal)),
});
