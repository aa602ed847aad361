// urql's core, with its exchange for persisted queries.
import { Client, fetchExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";
import { AUTHORIZATION, DOWN, KPIS, OPEN, OWN, PARTIAL, PREFLIGHT, WHOLE, leave, named, print, told, wire } from "./flows.mjs";

function client({ at = OPEN, headers = AUTHORIZATION, exchanges: before = [], ...options } = {}) {
  const { exchanges, recorded } = wire();
  const urql = new Client({
    url: `${at}/graphql`,
    exchanges: [...before, fetchExchange],
    fetch: recorded,
    fetchOptions: { headers: { ...headers, ...PREFLIGHT } },
    ...options,
  });
  return { urql, exchanges };
}

function ask({ urql, exchanges }, query, variables, signal) {
  return new Promise((resolve, reject) => {
    const { unsubscribe } = urql.query(query, variables).subscribe(({ data, error }) => {
      if (error?.networkError) reject(error.networkError);
      else resolve({ data: data ?? null, errors: told(error?.graphQLErrors), exchanges });
    });
    signal?.addEventListener("abort", () => { unsubscribe(); reject(signal.reason); });
  });
}

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
