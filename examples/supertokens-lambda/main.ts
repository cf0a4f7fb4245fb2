import { join } from "node:path";
import { findCore } from "@usermeta/example-supertokens";
import { createGateway } from "../lambda/gateway.ts";
import { buildApp } from "./app.ts";

const port = Number(process.env.PORT ?? 3000);
const path = join(import.meta.dirname, "usermeta-example.db");
const { handler } = buildApp({ path, ...(await findCore()) });
const server = createGateway(handler);
server.listen(port, "127.0.0.1", () => console.log(`usermeta example listening on http://localhost:${port}`));
