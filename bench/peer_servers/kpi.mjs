// What the Node peers have in common: the schema, and one POST for many KPIs.
import DataLoader from 'dataloader'
import { GraphQLScalarType } from 'graphql'
import { Pool } from 'undici'

export const typeDefs = `
  scalar Date
  scalar Decimal
  type CustomerKpi {
    boosterCustomerId: Int!
    totalTransaction: Int!
    totalSales: Int!
    totalReturn: Int!
    totalItems: Int!
    averageBasketAmount: Decimal!
    totalSpendingAmount: Decimal!
    currencyCode: String
  }
  type Customer {
    id: ID!
    kpi(from: Date, to: Date): CustomerKpi
  }
  type Query {
    customers(ids: [ID!]!): [Customer]!
  }
`

const Decimal = new GraphQLScalarType({ name: 'Decimal', serialize: String })

export const resolvers = {
  Decimal,
  Query: { customers: (_, { ids }) => ids.map((id) => ({ id })) },
}

export const withLoader = {
  ...resolvers,
  Customer: { kpi: ({ id }, { from, to }, { kpis }) => kpis.load({ id, from, to }) },
}

const upstream = new Pool(process.env.UPSTREAM_URL, { connections: 16 })

export async function fetchKpis(keys, authorization) {
  const { statusCode, body } = await upstream.request({
    method: 'POST',
    path: '/json/reply/GetCustomerKpi[]',
    headers: { authorization, accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify(
      keys.map(({ id, from, to }) => ({
        boosterCustomerId: Number(id),
        transactionDateFrom: from,
        transactionDateTo: to,
      })),
    ),
  })
  if (statusCode !== 200) throw new Error(`upstream: ${statusCode}`)
  return body.json()
}

export function kpiLoader(authorization) {
  return new DataLoader((keys) => fetchKpis(keys, authorization), {
    cacheKeyFn: ({ id, from, to }) => `${id} ${from} ${to}`,
  })
}
