// What an answer holds of figures, as rows: one a customer, in it one a period (a `kpi`, under whichever alias).
const NO_MEASURES = new Set(["id", "boosterCustomerId"]);
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const isMeasure = ([name, value]) =>
  !NO_MEASURES.has(name) && (typeof value === "number" || (typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value)));

const measures = (kpi) => (isObject(kpi) ? Object.entries(kpi).filter(isMeasure) : []);

/** Amounts are text in an answer, counts are numbers: only amounts have a currency. */
function figures(kpi) {
  const currency = Object.entries(kpi).find(([, value]) => typeof value === "string" && /^[A-Z]{3}$/.test(value))?.[1] ?? "";
  return measures(kpi).map(([measure, value]) => ({
    measure,
    text: String(value),
    currency: typeof value === "string" ? currency : "",
  }));
}

function* customers(value, path = []) {
  if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) yield* customers(each, [...path, index]);
  } else if (isObject(value)) {
    const kpis = Object.entries(value).filter(([, kpi]) => measures(kpi).length);
    if (kpis.length) {
      const periods = kpis.map(([period, kpi]) => ({ period, figures: figures(kpi) }));
      yield { customer: String(value.id ?? path.join(".")), periods };
    } else {
      for (const [name, each] of Object.entries(value)) yield* customers(each, [...path, name]);
    }
  }
}

const unique = (values) => [...new Set(values)];

/** Returns the rows of an answer, the names of their periods and measures, and its errors' codes; null if it is none. */
export function table(text) {
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    return null;
  }
  const rows = [...customers(answer?.data)];
  return {
    rows,
    periods: unique(rows.flatMap((row) => row.periods.map(({ period }) => period))),
    measures: unique(rows.flatMap((row) => row.periods.flatMap(({ figures }) => figures.map(({ measure }) => measure)))),
    codes: unique((answer?.errors ?? []).map((error) => error.extensions?.code ?? "without a code")),
    most: most(rows),
  };
}

/** Returns the largest of each measure; of amounts, in each currency, for bars of two currencies say nothing. */
function most(rows) {
  const largest = {};
  for (const { measure, currency, text } of rows.flatMap((row) => row.periods.flatMap((period) => period.figures))) {
    const name = scale(measure, currency);
    largest[name] = Math.max(largest[name] ?? 0, Math.abs(Number(text)));
  }
  return largest;
}

export const scale = (measure, currency) => `${measure} ${currency}`;

/** A spreadsheet takes text that begins like a formula for one. */
const cell = (text) => `"${(/^[=+@\t\r]|^-(?![\d.])/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;

export function csv({ rows, measures }) {
  const lines = rows.flatMap(({ customer, periods }) =>
    periods.map(({ period, figures }) => {
      const found = (name) => figures.find(({ measure }) => measure === name)?.text ?? "";
      return [customer, period, ...measures.map(found), figures.find(({ currency }) => currency)?.currency ?? ""];
    }),
  );
  return [["customer", "period", ...measures, "currency"], ...lines].map((line) => line.map(cell).join(",")).join("\r\n");
}
