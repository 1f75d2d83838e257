/** Where the page begins. */
import "./no-eval.js"; // first: it changes how the modules after it are set up
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.js";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/room.css";
import "./styles/incidents.css";
import "./styles/line.css";
import "./styles/proof.css";
import "./styles/metrics.css";
import "./styles/door.css";

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
