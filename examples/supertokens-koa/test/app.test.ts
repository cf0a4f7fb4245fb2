import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { testSuperTokensExample } from "@usermeta/example-supertokens/suite";
import { buildApp } from "../app.ts";

testSuperTokensExample(async (options) => {
  const { app, metadata } = buildApp(options);
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      await server[Symbol.asyncDispose]();
      await metadata.close();
    },
  };
});
