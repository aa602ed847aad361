// graphql-request.
import { ClientError, GraphQLClient } from "graphql-request";
import { AUTHORIZATION, DOWN, KPIS, OPEN, OWN, PARTIAL, PREFLIGHT, WHOLE, leave, print, told, wire } from "./flows.mjs";

function client({ at = OPEN, ...options } = {}) {
  const { exchanges, recorded } = wire();
  const settings = { headers: AUTHORIZATION, errorPolicy: "all", fetch: recorded, ...options };
  return { request: new GraphQLClient(`${at}/graphql`, settings), exchanges };
}

async function ask({ request, exchanges }, query, variables, signal) {
  try {
    const { data, errors } = await request.rawRequest({ query, variables, signal });
    return { data, errors: told(errors), exchanges };
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    return { data: error.response.data ?? null, errors: told(error.response.errors), exchanges };
  }
}

async function batch() {
  const { request, exchanges } = client();
  const documents = [{ document: KPIS, variables: WHOLE }, { document: KPIS, variables: PARTIAL }, { document: "{ nothing }" }];
  const results = await request.batchRequests(documents);
  return results.map(({ data, errors }) => ({ data: data ?? null, errors: told(errors), exchanges }));
}

print({
  whole: await ask(client(), KPIS, WHOLE),
  partial: await ask(client(), KPIS, PARTIAL),
  down: await ask(client({ at: DOWN }), KPIS, WHOLE),
  anonymous: await ask(client({ headers: {} }), KPIS, WHOLE),
  invalid: await ask(client(), "{ nothing }"),
  get: await ask(client({ method: "GET", headers: { ...AUTHORIZATION, ...PREFLIGHT } }), KPIS, WHOLE),
  forgotten: await ask(client({ method: "GET" }), KPIS, WHOLE),
  batch: await batch(),
  left: await leave((signal) => ask(client(), KPIS, OWN, signal)),
});
