// Apollo Client: its HTTP link, its persisted-query link and its batch link.
import { createHash } from "node:crypto";
import { HttpLink } from "@apollo/client";
import { BatchHttpLink } from "@apollo/client/link/batch-http";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { ask, client } from "./apollo_client.mjs";
import { DOWN, KPIS, OWN, PARTIAL, WHOLE, leave, named, print } from "./flows.mjs";

const sha256 = (text) => createHash("sha256").update(text).digest("hex");

const http = (options) => new HttpLink(options);
const persisted = (useGETForHashedQueries) => (options) =>
  new PersistedQueryLink({ sha256, useGETForHashedQueries }).concat(new HttpLink(options));

async function persistedTwice(useGETForHashedQueries, query) {
  const first = await ask(client(persisted(useGETForHashedQueries)), query, WHOLE);
  const second = await ask(client(persisted(useGETForHashedQueries)), query, WHOLE);
  return { first, second };
}

async function batch() {
  const together = client((options) => new BatchHttpLink({ ...options, batchInterval: 20 }));
  const asked = [WHOLE, PARTIAL].map((variables) => ask(together, KPIS, variables));
  const invalid = ask(together, "{ nothing }");
  return Promise.all([...asked, invalid]);
}

async function normalized() {
  const here = client(http);
  await ask(here, KPIS, WHOLE);
  return Object.keys(here.apollo.cache.extract());
}

print({
  whole: await ask(client(http), KPIS, WHOLE),
  partial: await ask(client(http), KPIS, PARTIAL),
  down: await ask(client(http, { at: DOWN }), KPIS, WHOLE),
  anonymous: await ask(client(http, { headers: {} }), KPIS, WHOLE),
  invalid: await ask(client(http), "{ nothing }"),
  get: await ask(client((options) => new HttpLink({ ...options, useGETForQueries: true })), KPIS, WHOLE),
  persistedPost: await persistedTwice(false, named("ApolloPost")),
  persistedGet: await persistedTwice(true, named("ApolloGet")),
  batch: await batch(),
  left: await leave((signal) => ask(client(http), KPIS, OWN, { fetchOptions: { signal } })),
  normalized: await normalized(),
});
