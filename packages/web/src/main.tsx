import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { FailureBoundary } from "./components/failure-boundary.tsx";
import { MissingSettings } from "./pages/missing-settings.tsx";
import { missingSettings } from "./supabase.ts";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

// It is for those who read the page without JavaScript. Each page has its own, and the first in the document is shown.
document.querySelector("title")?.remove();

const missing = missingSettings();
createRoot(root).render(
  <StrictMode>
    <FailureBoundary>{missing.length > 0 ? <MissingSettings names={missing} /> : <App />}</FailureBoundary>
  </StrictMode>,
);
