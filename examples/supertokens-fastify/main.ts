import { join } from "node:path";
import { findCore } from "@usermeta/example-supertokens";
import { buildApp } from "./app.ts";

const port = Number(process.env.PORT ?? 3000);
const path = join(import.meta.dirname, "usermeta-example.db");
const app = buildApp({ path, ...(await findCore()) });
console.log(`usermeta example listening on ${await app.listen({ port, host: "127.0.0.1" })}`);
