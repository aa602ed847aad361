// GraphQL Yoga on Node's own server, with graphql-jit.
import { createServer } from 'node:http'
import { useGraphQlJit } from '@envelop/graphql-jit'
import { createSchema, createYoga } from 'graphql-yoga'
import { kpiLoader, typeDefs, withLoader } from './kpi.mjs'

const yoga = createYoga({
  schema: createSchema({ typeDefs, resolvers: withLoader }),
  context: ({ request }) => ({ kpis: kpiLoader(request.headers.get('authorization')) }),
  plugins: [useGraphQlJit()],
  graphiql: false,
  logging: false,
})
const server = createServer(yoga)
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
