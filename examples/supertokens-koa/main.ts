import { join } from "node:path";
import { findCore } from "@usermeta/example-supertokens";
import { buildApp } from "./app.ts";

const port = Number(process.env.PORT ?? 3000);
const path = join(import.meta.dirname, "usermeta-example.db");
const { app } = buildApp({ path, ...(await findCore()) });
app.listen(port, "127.0.0.1", () => console.log(`usermeta example listening on http://localhost:${port}`));
