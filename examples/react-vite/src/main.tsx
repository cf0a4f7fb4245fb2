import { UserMetadataProvider } from "@usermeta/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { client } from "./metadata.ts";
import "@usermeta/example-style/style.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no element with the id root");
createRoot(root).render(
  <StrictMode>
    <UserMetadataProvider client={client}>
      <App />
    </UserMetadataProvider>
  </StrictMode>,
);
