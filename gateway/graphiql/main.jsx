import "./workers.js";
import "@graphiql/react/style.css";
import "graphiql/graphiql.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "./page.css";
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";
import { codesPlugin } from "./codes.jsx";
import { KPIS_PLUGIN } from "./kpis.jsx";
import { labelled } from "./labels.jsx";
import { fetcher } from "./fetcher.js";
import { remembered } from "./storage.js";
import { defaultTabs } from "./tabs.js";

import("monaco-graphql/esm/monaco-editor.js"); // what takes longest comes beside all else
const start = await (await fetch("/graphiql/start.json")).json();
const headers = JSON.stringify({ Authorization: "Bearer YOUR-TOKEN", ...start.headers }, null, 2);
const shared = new URLSearchParams(location.search);
const plugins = [labelled(explorerPlugin({ showAttribution: false })), KPIS_PLUGIN, HISTORY_PLUGIN, codesPlugin(start.codes)];

createRoot(document.getElementById("graphiql")).render(
  <GraphiQL
    fetcher={fetcher}
    {...remembered(headers)}
    plugins={plugins}
    defaultTabs={defaultTabs(headers)}
    defaultHeaders={headers}
    initialHeaders={headers}
    initialQuery={shared.get("query") ?? undefined}
    initialVariables={shared.get("variables") ?? undefined}
    defaultEditorToolsVisibility="headers"
    schemaDescription
    inputValueDeprecation
  >
    <GraphiQL.Logo>
      <h1 className="gateway">
        Customer KPI gateway <small>{start.version}</small>
        <span className={start.environment}>{start.environment || location.host}</span>
      </h1>
    </GraphiQL.Logo>
  </GraphiQL>,
);
