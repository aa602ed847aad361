// Hive Gateway over the supergraph in the file SUPERGRAPH; it passes on who asks.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createGatewayRuntime } from "@graphql-hive/gateway-runtime";

const gateway = createGatewayRuntime({
  supergraph: readFileSync(process.env.SUPERGRAPH, "utf8"),
  propagateHeaders: {
    fromClientToSubgraphs: ({ request, subgraphName }) =>
      subgraphName === "kpis" ? { authorization: request.headers.get("authorization") } : {},
  },
  graphqlEndpoint: "/graphql",
  graphiql: false, // it would be fetched from elsewhere
  landingPage: false,
  logging: "error",
});
const server = createServer(gateway);
server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/graphql`));
process.once("SIGTERM", () => process.exit());
