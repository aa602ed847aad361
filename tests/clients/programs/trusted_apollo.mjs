// Apollo Client by the ids of the manifest that Apollo's generator wrote; another document is not answered.
import { readFile } from "node:fs/promises";
import { HttpLink } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { generatePersistedQueryIdsFromManifest } from "@apollo/persisted-query-lists";
import { ask, client } from "./apollo_client.mjs";
import { KPIS, WHOLE, named, print } from "./flows.mjs";

const ids = generatePersistedQueryIdsFromManifest({
  loadManifest: async () => JSON.parse(await readFile("persisted-query-manifest.json", "utf8")),
});
const byId = (options) => new PersistedQueryLink(ids).concat(new HttpLink(options));

print({
  trusted: await ask(client(byId), KPIS, WHOLE),
  other: await ask(client((options) => new HttpLink(options)), named("Other"), WHOLE),
});
