import { join } from "node:path";
import { findCore } from "@usermeta/example-supertokens";
import { buildApp } from "./app.ts";

const port = Number(process.env.PORT ?? 3000);
const path = join(import.meta.dirname, "usermeta-example.db");
console.log("building …");
const { url } = await buildApp({ port, path, ...(await findCore()) });
console.log(`usermeta example listening on ${url}, its routes below ${url}/api`);
