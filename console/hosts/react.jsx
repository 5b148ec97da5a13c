// A host in React 19, which sets properties of custom elements and listens to their events by itself.

import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import "http://127.0.0.1:8787/console/seatwise.js";
import { API, enter, getToken, showInConsole } from "./token.js";

function Team() {
  const [workspaceId, setWorkspaceId] = useState("");
  const [filter, setFilter] = useState("");
  useEffect(() => { enter().then(([first]) => setWorkspaceId(first.id)); }, []);

  return <>
    <header>
      <strong>Acme</strong>
      <seatwise-switcher api={API} getToken={getToken} workspaceId={workspaceId}
        onseatwise-switched={(event) => setWorkspaceId(event.detail.id)} />
    </header>
    <main>
      <seatwise-members api={API} getToken={getToken} workspaceId={workspaceId} filter={filter}
        onseatwise-filtered={(event) => setFilter(event.detail)}
        onseatwise-seats-wanted={() => showInConsole(workspaceId, "seats")}
        onseatwise-plan-wanted={() => showInConsole(workspaceId, "billing")} />
    </main>
  </>;
}

createRoot(document.getElementById("app")).render(<Team />);
