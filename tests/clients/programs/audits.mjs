// The audits of GraphQL over HTTP that npm's graphql-http has for any server.
import { serverAudits } from "graphql-http";
import { OPEN, PREFLIGHT, print } from "./flows.mjs";

const fetchFn = (url, { headers, ...options } = {}) => fetch(url, { ...options, headers: { ...PREFLIGHT, ...headers } });
const audits = serverAudits({ url: `${OPEN}/graphql`, fetchFn });
const results = await Promise.all(audits.map(async ({ id, name, fn }) => ({ id, name, ...(await fn()) })));
print(results.map(({ id, name, status, reason }) => ({ id, name, status, reason })));
