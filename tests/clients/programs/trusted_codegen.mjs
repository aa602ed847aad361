// urql by the ids that graphql-codegen gave to documents; another document is not answered.
import { persistedExchange } from "@urql/exchange-persisted";
import { WHOLE, named, print } from "./flows.mjs";
import { KpisDocument } from "./generated/graphql.ts";
import { ask, client } from "./urql_client.mjs";

const generateHash = async (_, document) => document.__meta__.hash;
const byId = persistedExchange({ generateHash, enforcePersistedQueries: true });

print({
  trusted: await ask(client({ exchanges: [byId] }), KpisDocument, WHOLE),
  other: await ask(client(), named("Other"), WHOLE),
});
