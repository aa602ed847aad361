// Apollo Client on a link of its own, which is given where to ask and how.
import { ApolloClient, CombinedGraphQLErrors, InMemoryCache, gql } from "@apollo/client";
import { AUTHORIZATION, OPEN, told, wire } from "./flows.mjs";

export function client(link, { at = OPEN, headers = AUTHORIZATION } = {}) {
  const { exchanges, recorded } = wire();
  const apollo = new ApolloClient({
    link: link({ uri: `${at}/graphql`, headers, fetch: recorded }),
    cache: new InMemoryCache(),
    defaultOptions: { query: { errorPolicy: "all" } },
  });
  return { apollo, exchanges };
}

export async function ask({ apollo, exchanges }, query, variables, context) {
  const { data, error } = await apollo.query({ query: gql(query), variables, context });
  if (error && !CombinedGraphQLErrors.is(error)) throw error;
  return { data: data ?? null, errors: told(error?.errors), exchanges };
}
