// What a first visit finds: a tab for each thing worth knowing. A tab is called after its operation.
const fifty = Array.from({ length: 50 }, (_, index) => String(index + 1));

const tabs = [
  {
    query: `# Run it: the button, or Ctrl+Enter.
# At the left: the documentation, fields to tick, and KPIs, which draws what comes back.
query OneCustomer {
  customer(id: 123456) {
    id
    kpi(from: "2022-01-01", to: "2023-11-01") {
      totalTransaction
      averageBasketAmount
      totalSpendingAmount
      currencyCode
    }
  }
}
`,
  },
  {
    query: `# One call to the KPI service, or a few side by side.
query Fifty {
  customers(ids: [
${[0, 10, 20, 30, 40].map((start) => `    ${fifty.slice(start, start + 10).join(", ")}`).join("\n")}
  ]) {
    id
    kpi(from: "2024-01-01", to: "2024-12-31") {
      totalTransaction
      totalSpendingAmount
      currencyCode
    }
  }
}
`,
  },
  {
    query: `# A field twice, under names of your own: periods side by side.
query TwoPeriods {
  customers(ids: [1, 2, 3]) {
    id
    before: kpi(from: "2023-01-01", to: "2023-12-31") { ...Figures }
    after: kpi(from: "2024-01-01", to: "2024-12-31") { ...Figures }
  }
}

fragment Figures on CustomerKpi {
  totalTransaction
  totalSpendingAmount
  currencyCode
}
`,
  },
  {
    query: `# The values are below, under Variables: change them there.
query Variables($ids: [ID!]!, $from: Date, $to: Date) {
  customers(ids: $ids) {
    id
    kpi(from: $from, to: $to) {
      totalTransaction
      totalReturn
      totalSpendingAmount
      currencyCode
      asOf
      freshness
    }
  }
}
`,
    variables: { ids: ["1", "2", "3"], from: "2024-01-01", to: "2024-12-31" },
  },
  {
    query: `# "007" is no customer id, and a period ends before it begins.
# Each is an error at its own path, its neighbours are whole.
# The codes are explained at the left.
query Mistakes {
  customers(ids: ["1", "007", "2"]) {
    id
    backwards: kpi(from: "2024-12-31", to: "2024-01-01") { totalTransaction }
    year: kpi(from: "2024-01-01", to: "2024-12-31") { totalTransaction }
  }
}
`,
  },
];

export const defaultTabs = (headers) =>
  tabs.map(({ query, variables }) => ({ query, variables: variables ? JSON.stringify(variables, null, 2) : "", headers }));
