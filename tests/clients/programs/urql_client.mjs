// urql's core, with exchanges before its fetch.
import { Client, fetchExchange } from "@urql/core";
import { AUTHORIZATION, OPEN, PREFLIGHT, told, wire } from "./flows.mjs";

export function client({ at = OPEN, headers = AUTHORIZATION, exchanges: before = [], ...options } = {}) {
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

export function ask({ urql, exchanges }, query, variables, signal) {
  return new Promise((resolve, reject) => {
    const { unsubscribe } = urql.query(query, variables).subscribe(({ data, error }) => {
      if (error?.networkError) reject(error.networkError);
      else resolve({ data: data ?? null, errors: told(error?.graphQLErrors), exchanges });
    });
    signal?.addEventListener("abort", () => { unsubscribe(); reject(signal.reason); });
  });
}
