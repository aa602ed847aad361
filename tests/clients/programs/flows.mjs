// What every client's program asks for, a fetch that takes down what went over the wire, and how a caller leaves.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export const { OPEN, DOWN, OWN_CUSTOMER } = process.env;
export const AUTHORIZATION = { Authorization: "Bearer demo" };
export const PREFLIGHT = { "GraphQL-Require-Preflight": "1" };

export const KPIS = readFileSync(new URL("kpis.graphql", import.meta.url), "utf8");
export const WHOLE = { ids: ["123456", "900006", "4001"], from: "2022-01-01", to: "2023-11-01" };
export const PARTIAL = { ids: ["123456", "007", "666"] };
export const OWN = { ids: [OWN_CUSTOMER] };

// Another name makes another document, which nobody has registered yet.
export const named = (name) => KPIS.replace("query Kpis", `query ${name}`);

export const print = (seen) => console.log(JSON.stringify(seen));

export const told = (errors) => (errors ?? []).map(({ message, path, extensions }) => ({ message, path, ...extensions }));

export function wire() {
  const exchanges = [];
  const recorded = async (url, init = {}) => {
    const response = await fetch(url, init);
    exchanges.push({ ...sent(new URL(url), init), status: response.status, type: response.headers.get("content-type") });
    return response;
  };
  return { exchanges, recorded };
}

function sent(url, { method = "GET", body, headers }) {
  const told = body ? JSON.parse(body) : Object.fromEntries(url.searchParams);
  const { query = null, extensions = null } = told;
  const hashed = JSON.stringify(extensions ?? "").includes("sha256Hash");
  const { accept, ...others } = Object.fromEntries(new Headers(headers));
  return { method, operations: Array.isArray(told) ? told.length : null, query: Boolean(query), hashed, accept, headers: Object.keys(others) };
}

// Ask for what hangs, leave when the upstream is asked, and ask again when nothing hangs any longer.
export async function leave(ask) {
  await behave({ fault: "hang" });
  const last = (await calls(0)).at(-1)?.number ?? 0;
  const leaving = new AbortController();
  const asked = ask(leaving.signal).then(() => "answered", (error) => error.name);
  await until(last, (since) => since.length > 0);
  leaving.abort();
  const saw = await asked;
  const [givenUp] = await until(last, ([call]) => call.duration !== null);
  await behave({ fault: "none" });
  return { saw, upstream: givenUp.status, then: await ask() };
}

async function until(last, holds) {
  for (const end = Date.now() + 10_000; Date.now() < end; await sleep(20)) {
    const since = await calls(last);
    if (holds(since)) return since;
  }
  throw new Error("the upstream's calls are not as they are waited for");
}

const calls = async (last) => (await fetch(`${OPEN}/_sandbox/calls?since=${last}`)).json();
const behave = (switches) => fetch(`${OPEN}/_sandbox/switches`, { method: "PATCH", body: JSON.stringify(switches) });
