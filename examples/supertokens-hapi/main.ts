import { join } from "node:path";
import { findCore } from "@usermeta/example-supertokens";
import { buildApp } from "./app.ts";

const port = Number(process.env.PORT ?? 3000);
const path = join(import.meta.dirname, "usermeta-example.db");
const server = await buildApp({ port, path, ...(await findCore()) });
await server.start();
console.log(`usermeta example listening on ${server.info.uri}`);
