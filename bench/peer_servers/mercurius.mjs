// Mercurius on Fastify: its own batched loader, its JIT from the first operation on; `cached`: with its cache in memory.
import Fastify from 'fastify'
import mercurius from 'mercurius'
import cache from 'mercurius-cache'
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
if (process.argv[2] === 'cached')
  app.register(cache, {
    ttl: 3600,
    storage: { type: 'memory', options: { size: 50_000 } },
    policy: {
      Customer: { kpi: { key: ({ self, arg, ctx }) => `${self.id} ${arg.from} ${arg.to} ${ctx.authorization}` } },
    },
  })
console.log(await app.listen({ host: '127.0.0.1', port: 0 }))
