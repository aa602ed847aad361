// A panel that draws the answer in the response: a row a customer, a bar a figure, periods side by side.
import { useGraphiQL } from "@graphiql/react";
import { useEffect, useMemo, useState } from "react";
import { csv, scale, table } from "./rows.js";

function Icon(properties) {
  return (
    <svg height="1em" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" {...properties}>
      <path d="M3 3v18h18M8 17v-5M13 17V7M18 17v-8" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}

/** A name that may break before its capitals. */
const Name = ({ name }) => name.split(/(?=[A-Z])/).flatMap((word, index) => (index ? [<wbr key={index} />, word] : [word]));

function useResponse() {
  const editor = useGraphiQL((state) => state.responseEditor);
  const [text, setText] = useState("");
  useEffect(() => {
    if (!editor) return undefined;
    setText(editor.getValue());
    const listening = editor.onDidChangeModelContent(() => setText(editor.getValue()));
    return () => listening.dispose();
  }, [editor]);
  return text;
}

function Figure({ figure, most, series }) {
  const value = Number(figure.text);
  const share = Math.abs(value) / (most[scale(figure.measure, figure.currency)] || 1);
  return (
    <div className={`figure series-${series % 4} ${value < 0 ? "negative" : ""}`}>
      <span className="bar" style={{ width: `${100 * share}%` }} />
      <span>{figure.text} {figure.currency}</span>
    </div>
  );
}

function Cell({ row, measure, shown }) {
  return shown.periods.map((name, series) => {
    const figure = row.periods.find(({ period }) => period === name)?.figures.find((each) => each.measure === measure);
    return figure ? <Figure key={name} figure={figure} most={shown.most} series={series} /> : <div key={name}>–</div>;
  });
}

function Copy({ shown }) {
  const [said, setSaid] = useState("");
  const text = csv(shown);
  const copy = () =>
    navigator.clipboard.writeText(text).then(() => setSaid("Copied."), () => setSaid("The browser does not let it be copied."));
  return navigator.clipboard ? (
    <p>
      <button type="button" className="graphiql-button" onClick={copy}>Copy as CSV</button> <output>{said}</output>
    </p>
  ) : (
    <details><summary>As CSV</summary><textarea readOnly aria-label="CSV" rows={6} value={text} /></details>
  );
}

function Drawn({ shown }) {
  return (
    <>
      {shown.periods.length > 1 && (
        <ul className="legend">
          {shown.periods.map((period, series) => <li key={period} className={`series-${series % 4}`}>{period}</li>)}
        </ul>
      )}
      <Copy key={csv(shown)} shown={shown} />
      <table>
        <thead>
          <tr><th scope="col">Customer</th>{shown.measures.map((name) => <th scope="col" key={name}><Name name={name} /></th>)}</tr>
        </thead>
        <tbody>
          {shown.rows.map((row, index) => (
            <tr key={index}>
              <th scope="row">{row.customer}</th>
              {shown.measures.map((name) => <td key={name}><Cell row={row} measure={name} shown={shown} /></td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function Panel() {
  const text = useResponse();
  const shown = useMemo(() => table(text), [text]);
  return (
    <section className="kpis" aria-label="KPIs" tabIndex={0}>
      <div className="graphiql-doc-explorer-title">KPIs</div>
      {shown?.codes.length > 0 && <p role="status">Not all of it could be answered: {shown.codes.join(", ")}</p>}
      {shown?.rows.length ? <Drawn shown={shown} /> : <p>Run a query that asks for figures: they are drawn here.</p>}
    </section>
  );
}

export const KPIS_PLUGIN = { title: "KPIs", icon: Icon, content: Panel };
