// Relay by the ids that relay-compiler gave to documents; another document is not answered.
import { WHOLE, named, print } from "./flows.mjs";
import kpisQuery from "./persisted/kpisQuery.graphql.js";
import { ask, client } from "./relay_client.mjs";

const other = { ...kpisQuery, params: { ...kpisQuery.params, id: null, cacheID: "other", text: named("Other") } };

print({ trusted: await ask(client(), kpisQuery, WHOLE), other: await ask(client(), other, WHOLE) });
