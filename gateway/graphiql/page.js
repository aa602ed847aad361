const fifty = Array.from({ length: 50 }, (_, index) => String(index + 1));

const examples = {
  "One customer": {
    query: `{
  customer(id: 123456) {
    id
    kpi(from: "2022-01-01", to: "2023-11-01") {
      totalTransaction
      averageBasketAmount
      totalSpendingAmount
      currencyCode
    }
  }
}`,
  },
  "Fifty customers": {
    query: `query Fifty($ids: [ID!]!) {
  customers(ids: $ids) {
    id
    kpi(from: "2024-01-01", to: "2024-12-31") {
      totalTransaction
      totalSpendingAmount
      currencyCode
    }
  }
}`,
    variables: { ids: fifty },
  },
  "Two periods side by side": {
    query: `query TwoYears($ids: [ID!]!) {
  customers(ids: $ids) {
    id
    before: kpi(from: "2023-01-01", to: "2023-12-31") { ...Figures }
    after: kpi(from: "2024-01-01", to: "2024-12-31") { ...Figures }
  }
}

fragment Figures on CustomerKpi {
  totalTransaction
  totalSpendingAmount
  currencyCode
}`,
    variables: { ids: ["1", "2", "3"] },
  },
  "An error beside whole neighbours": {
    query: `{
  customers(ids: ["1", "007", "2"]) {
    id
    kpi(from: "2024-12-31", to: "2024-01-01") { totalTransaction }
    year: kpi(from: "2024-01-01", to: "2024-12-31") { totalTransaction }
  }
}`,
  },
};

const field = (id) => document.getElementById(id);
const pretty = (value) => JSON.stringify(value, null, 2);

function show({ query, variables = {} }) {
  field("query").value = query;
  field("variables").value = pretty(variables);
}

function readObject(id) {
  const text = field(id).value.trim();
  const value = text ? JSON.parse(text) : {};
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Error("an object is wanted");
  return value;
}

async function run() {
  let variables, headers;
  for (const id of ["variables", "headers"]) {
    try {
      const value = readObject(id);
      if (id === "variables") variables = value; else headers = value;
    } catch (error) {
      field("status").value = `The ${id} are not a JSON object: ${error.message}`;
      field(id).focus();
      return;
    }
  }
  field("status").value = "…";
  const started = performance.now();
  try {
    const response = await fetch("/graphql", {
      method: "POST",
      headers: {
        ...headers,
        "Content-Type": "application/json",
        Accept: "application/graphql-response+json, application/json;q=0.9",
      },
      body: JSON.stringify({ query: field("query").value, variables }),
    });
    const text = await response.text();
    field("response").value = pretty(JSON.parse(text));
    field("status").value = `${response.status} in ${Math.round(performance.now() - started)} ms`;
  } catch (error) {
    field("status").value = `No answer: ${error.message}`;
  }
}

for (const name of Object.keys(examples)) field("examples").add(new Option(name));
field("examples").addEventListener("change", (event) => show(examples[event.target.value]));
field("run").addEventListener("click", run);
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
});

show(examples["One customer"]);
const shared = new URLSearchParams(location.search);
if (shared.has("query")) {
  field("query").value = shared.get("query");
  field("variables").value = shared.get("variables") || "{}";
}
const start = await (await fetch("/graphiql/start.json")).json();
field("headers").value = pretty({ Authorization: "Bearer …", ...start.headers });
