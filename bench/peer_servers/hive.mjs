// Hive Gateway's configuration: the POST as a source of Mesh's (hive.graphql), and what joins it to customers.
import { defineConfig } from '@graphql-hive/gateway'

const port = Number(process.env.PORT)

// One call for all of a tick, as its documentation has it ("programmatic batching").
const kpi = ({ id }, { from, to }, context, info) =>
  context.KPI.Query.kpis({
    root: {},
    context,
    info,
    key: JSON.stringify({ boosterCustomerId: Number(id), transactionDateFrom: from, transactionDateTo: to }),
    argsFromKeys: (keys) => ({ input: keys.map((key) => JSON.parse(key)) }),
    valuesFromResults: (kpis) => kpis,
  })

export const gatewayConfig = defineConfig({
  supergraph: new URL('hive.graphql', import.meta.url).pathname,
  transportEntries: { KPI: { location: process.env.UPSTREAM_URL } },
  additionalResolvers: {
    Query: { customers: (_, { ids }) => ids.map((id) => ({ id })) },
    Customer: { kpi },
  },
  host: '127.0.0.1',
  port,
  graphiql: false,
  landingPage: false,
  jit: true,
  logging: 'error',
})
console.log(`http://127.0.0.1:${port}`)
