// A client by the types that graphql-codegen makes of schema.graphql: checked by tsc, then run.
import { GraphQLClient } from "graphql-request";
import { KpisDocument, type KpisQuery, type KpisQueryVariables } from "./generated/graphql.ts";

declare const process: { env: { OPEN: string } };
declare const console: { log(text: string): void };

const wanted: KpisQueryVariables = { ids: ["123456", "4001"], from: "2022-01-01" };
// @ts-expect-error ids are strings
export const numbered: KpisQueryVariables = { ids: [123456] };
// @ts-expect-error days are strings
export const dated: KpisQueryVariables = { ids: [], from: new Date() };

const client = new GraphQLClient(`${process.env.OPEN}/graphql`, { headers: { Authorization: "Bearer demo" } });
const { customers }: KpisQuery = await client.request(KpisDocument, wanted);

// @ts-expect-error a customer whose id is bad is null
export const unsafe: string | undefined = customers[0].id;
const [customer, unknown] = customers;
const kpi = customer?.kpi;
// @ts-expect-error a customer that does not exist has no KPI
export const total: number = customer?.kpi.totalTransaction;
if (!kpi) throw new Error("customer 123456 is there");

const average: string = kpi.averageBasketAmount;
const asOf: string = kpi.asOf;
const transactions: number = kpi.totalTransaction;
const currency: string | null | undefined = kpi.currencyCode;
const freshness: "LIVE" | "CACHED" | "STALE" = kpi.freshness;
// @ts-expect-error a decimal is no number, which would lose digits
export const rounded: number = kpi.totalSpendingAmount;

console.log(JSON.stringify({ average, asOf, transactions, currency, freshness, unknown: unknown?.kpi }));
