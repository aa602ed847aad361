// One request, one answer: there are no subscriptions here, and nothing is deferred.
export async function fetcher({ query, variables, operationName }, { headers } = {}) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: {
      ...headers,
      "Content-Type": "application/json",
      Accept: "application/graphql-response+json, application/json;q=0.9",
    },
    body: JSON.stringify({ query, variables, operationName }),
  });
  return response.json();
}
