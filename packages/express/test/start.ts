import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { StartHttpApp } from "@usermeta/conformance/http";
import { getSession, userMetadata, verifySession } from "@usermeta/express";

/** The conformance suite's app on a version of Express. */
export const startOn =
  (express: typeof import("express")): StartHttpApp =>
  async (metadata, { prefix, bodyParser }) => {
    const app = express();
    // Elsewhere Express shows a failure's stack to the client, as its guide says.
    app.set("env", "production");
    if (bodyParser) app.use(express.json());
    app.use(prefix || "/", userMetadata(metadata));
    app.post("/own", verifySession(metadata), (request, response) => {
      const session = getSession(request);
      response.json({ userId: session.getUserId(), tenantId: session.getTenantId() });
    });
    app.get("/own-optional", verifySession(metadata, { required: false }), (request, response) => {
      response.json({ userId: getSession(request, { required: false })?.getUserId() ?? null });
    });
    app.get("/own-metadata", verifySession(metadata), (request, response, next) => {
      metadata
        .getUserMetadata(getSession(request).getUserId())
        .then(({ version }) => void response.json({ version }), next);
    });
    const server = app.use((_, response) => void response.status(404).send("app 404")).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { url, close: () => server[Symbol.asyncDispose]() };
  };
