// What relay-compiler reads.
import { graphql } from "relay-runtime";

export const kpis = graphql`
  query kpisQuery($ids: [ID!]!, $from: Date, $to: Date) {
    customers(ids: $ids) {
      id
      kpi(from: $from, to: $to) {
        totalTransaction
        averageBasketAmount
        totalSpendingAmount
        currencyCode
        asOf
        freshness
      }
    }
  }
`;

export const caught = graphql`
  query kpisCaughtQuery($ids: [ID!]!, $from: Date, $to: Date) {
    customers(ids: $ids) {
      id
      kpi(from: $from, to: $to) @catch {
        totalTransaction
      }
    }
  }
`;
