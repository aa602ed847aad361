// Mercurius on Fastify: its own batched loader, and its JIT from the first operation on.
import Fastify from 'fastify'
import mercurius from 'mercurius'
import { fetchKpis, resolvers, typeDefs } from './kpi.mjs'

const app = Fastify()
app.register(mercurius, {
  schema: typeDefs,
  resolvers,
  loaders: {
    Customer: {
      kpi: (queries, { authorization }) =>
        fetchKpis(queries.map(({ obj, params }) => ({ id: obj.id, from: params.from, to: params.to })), authorization),
    },
  },
  context: ({ headers }) => ({ authorization: headers.authorization }),
  jit: 1,
})
console.log(await app.listen({ host: '127.0.0.1', port: 0 }))
