import { findCore } from "@usermeta/example-supertokens";
import { buildApp } from "./app.ts";

const app = await buildApp({ path: "usermeta-example.db", ...(await findCore()) });
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000, "127.0.0.1");
console.log(`usermeta example listening on ${await app.getUrl()}`);
