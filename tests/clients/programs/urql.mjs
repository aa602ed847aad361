// urql's core, with its exchange for persisted queries.
import { persistedExchange } from "@urql/exchange-persisted";
import { AUTHORIZATION, DOWN, KPIS, OWN, PARTIAL, WHOLE, leave, named, print } from "./flows.mjs";
import { ask, client } from "./urql_client.mjs";

async function persistedTwice(preferGetForPersistedQueries, query) {
  const persisted = () => client({ exchanges: [persistedExchange({ preferGetForPersistedQueries })] });
  const first = await ask(persisted(), query, WHOLE);
  const second = await ask(persisted(), query, WHOLE);
  return { first, second };
}

print({
  whole: await ask(client({ preferGetMethod: false }), KPIS, WHOLE),
  partial: await ask(client({ preferGetMethod: false }), KPIS, PARTIAL),
  down: await ask(client({ at: DOWN, preferGetMethod: false }), KPIS, WHOLE),
  anonymous: await ask(client({ headers: {} }), KPIS, WHOLE),
  invalid: await ask(client(), "{ nothing }"),
  get: await ask(client(), KPIS, WHOLE),
  forgotten: await ask(client({ fetchOptions: { headers: AUTHORIZATION } }), KPIS, WHOLE),
  persistedPost: await persistedTwice(false, named("UrqlPost")),
  persistedGet: await persistedTwice(true, named("UrqlGet")),
  left: await leave((signal) => ask(client(), KPIS, OWN, signal)),
});
