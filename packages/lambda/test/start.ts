import middy from "@middy/core";
import httpJsonBodyParser from "@middy/http-json-body-parser";
import type { StartHttpApp } from "@usermeta/conformance/http";
import { type LambdaEvent, userMetadata, verifySession } from "@usermeta/lambda";
import { type Deployed, type Gateway, startGateway } from "./gateway.ts";

/** The cases make the store fail; the log stays readable. */
const onUnavailable = (): void => {};

const json = (value: object) => ({ statusCode: 200, body: JSON.stringify(value) });

/** The conformance suite's app behind a kind of gateway; its body parser is middy's. */
export const startBehind =
  (gateway: Gateway): StartHttpApp =>
  async (metadata, { prefix, bodyParser }) => {
    const own = verifySession(metadata, { onUnavailable })(async ({ session }) =>
      json({ userId: session.getUserId(), tenantId: session.getTenantId() }),
    );
    const optional = verifySession(metadata, { required: false, onUnavailable })(async ({ session }) =>
      json({ userId: session?.getUserId() ?? null }),
    );
    const ownMetadata = verifySession(metadata, { onUnavailable })(async ({ session }) => {
      const { version } = await metadata.getUserMetadata(session.getUserId());
      return json({ version });
    });
    const app = async (event: LambdaEvent) => {
      const path = "rawPath" in event ? event.rawPath.replace("/prod", "") : event.path;
      if (path === "/own") return own(event);
      if (path === "/own-optional") return optional(event);
      if (path === "/own-metadata") return ownMetadata(event);
      return { statusCode: 404, body: "app 404" };
    };
    const handler = userMetadata(metadata, { prefix, next: app, onUnavailable });
    const parsed = middy<LambdaEvent>()
      .use(httpJsonBodyParser({ disableContentTypeError: true }))
      .handler(handler);
    const deployed: Deployed = bodyParser ? (event) => parsed(event, {} as never) : handler;
    return startGateway(gateway, deployed);
  };
