import { findCore } from "@usermeta/example-supertokens";
import { buildApp } from "./app.ts";

const port = Number(process.env.PORT ?? 3000);
const app = buildApp({ port, path: "usermeta-example.db", ...(await findCore()) });
await app.start();
console.log(`usermeta example listening on ${app.restServer.url}`);
