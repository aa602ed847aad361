// GraphQL Yoga on Node's own server, with graphql-jit; `cached`: with its cache of whole answers.
import { createServer } from 'node:http'
import { useGraphQlJit } from '@envelop/graphql-jit'
import { useResponseCache } from '@graphql-yoga/plugin-response-cache'
import { createSchema, createYoga } from 'graphql-yoga'
import { kpiLoader, typeDefs, withLoader } from './kpi.mjs'

const authorization = (request) => request.headers.get('authorization')
const answers = useResponseCache({ session: authorization, ttl: 3_600_000 })

const yoga = createYoga({
  schema: createSchema({ typeDefs, resolvers: withLoader }),
  context: ({ request }) => ({ kpis: kpiLoader(authorization(request)) }),
  plugins: process.argv[2] === 'cached' ? [useGraphQlJit(), answers] : [useGraphQlJit()],
  graphiql: false,
  logging: false,
})
const server = createServer(yoga)
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
