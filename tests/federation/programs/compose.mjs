// Composes subgraphs, read as JSON from standard input, with both composers; prints what each has to say.
import { readFileSync } from "node:fs";
import { composeServices as composeByApollo } from "@apollo/composition";
import { ROUTER_SUPPORTED_SUPERGRAPH_FEATURES as supportedFeatures, Supergraph, printSchema } from "@apollo/federation-internals";
import { composeServices as composeByGuild } from "@theguild/federation-composition";
import { parse } from "graphql";

const subgraphs = JSON.parse(readFileSync(0, "utf8")).map(({ sdl, ...subgraph }) => ({ ...subgraph, typeDefs: parse(sdl) }));

const said = ({ message, code, definition, extensions }) => ({ code: code ?? definition?.code ?? extensions?.code, message });

function apollo() {
  const { supergraphSdl, errors = [], hints = [] } = composeByApollo(subgraphs);
  const api = supergraphSdl && printSchema(Supergraph.build(supergraphSdl, { supportedFeatures }).apiSchema());
  return { supergraph: supergraphSdl, api, errors: errors.map(said), hints: hints.map(said) };
}

function guild() {
  const { supergraphSdl, publicSdl, errors = [] } = composeByGuild(subgraphs);
  return { supergraph: supergraphSdl, api: publicSdl, errors: errors.map(said), hints: [] };
}

console.log(JSON.stringify({ apollo: apollo(), guild: guild() }));
