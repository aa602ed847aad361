// Apollo Server's standalone server, with a DataLoader.
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { kpiLoader, typeDefs, withLoader } from './kpi.mjs'

const { url } = await startStandaloneServer(new ApolloServer({ typeDefs, resolvers: withLoader }), {
  context: async ({ req }) => ({ kpis: kpiLoader(req.headers.authorization) }),
  listen: { host: '127.0.0.1', port: 0 },
})
console.log(url)
