"""Tailcall: one GET a customer, for it can batch GETs only. Becomes the program, on ``PORT``, with or without a cache.

Its templates need objects to name members of, so its JavaScript hook makes them of the ids. It writes a number as a
number even where the schema has a string, so the upstream is asked for the amounts as text. Version 1.6.14 needs glibc
2.39, which long-lived distributions have not got yet; 1.0.0 runs on all.
"""

import os
import sys
from pathlib import Path

_CACHE = "@cache(maxAge: 3600000)"  # milliseconds
_CONFIGURATION = """
schema
  @server(hostname: "127.0.0.1", port: %(port)s)
  @upstream(allowedHeaders: ["authorization"])
  @link(type: Script, src: "customers.js") {
  query: Query
}

type Query {
  customers(ids: [ID!]!): [Customer]!
    @http(url: "%(upstream)s", method: POST, body: "{{.args.ids}}", onRequest: "customers")
}

type Customer {
  id: ID!
  kpi(from: String, to: String): CustomerKpi
    @http(
      url: "%(upstream)s/customer/{{.value.id}}/kpi"
      query: [
        { key: "transactionDateFrom", value: "{{.args.from}}" }
        { key: "transactionDateTo", value: "{{.args.to}}" }
        { key: "amounts", value: "text" }
      ]
    ) %(cache)s
}

type CustomerKpi {
  boosterCustomerId: Int!
  totalTransaction: Int!
  totalSales: Int!
  totalReturn: Int!
  totalItems: Int!
  averageBasketAmount: String!
  totalSpendingAmount: String!
  currencyCode: String
}
"""
_SCRIPT = """
function customers({ request }) {
  const body = JSON.stringify(JSON.parse(request.body).map((id) => ({ id })))
  return { response: { status: 200, headers: {}, body } }
}
"""


def main(program: str, cache: str) -> None:
    folder, port = Path(os.environ["FOLDER"]), os.environ["PORT"]
    values = {"port": port, "upstream": os.environ["UPSTREAM_URL"], "cache": _CACHE if cache == "cached" else ""}
    configuration = folder / "customers.graphql"
    configuration.write_text(_CONFIGURATION % values)
    (folder / "customers.js").write_text(_SCRIPT)
    print(f"http://127.0.0.1:{port}", flush=True)  # its own log would have it, and a line for each call
    os.execve(program, [program, "start", str(configuration)], os.environ | {"TAILCALL_LOG_LEVEL": "error"})  # noqa: S606  # a program that is pinned


if __name__ == "__main__":
    main(*sys.argv[1:])
