import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { testSuperTokensExample } from "@usermeta/example-supertokens/suite";
import { createGateway } from "../../lambda/gateway.ts";
import { buildApp } from "../app.ts";

testSuperTokensExample(async (options) => {
  const { handler, metadata } = buildApp(options);
  const server = createGateway(handler).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      await server[Symbol.asyncDispose]();
      await metadata.close();
    },
  };
});
