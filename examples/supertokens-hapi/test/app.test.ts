import { testSuperTokensExample } from "@usermeta/example-supertokens/suite";
import { buildApp } from "../app.ts";

testSuperTokensExample(async (options) => {
  const server = await buildApp({ ...options, port: 0 });
  await server.start();
  return { url: server.info.uri, close: () => server.stop({ timeout: 1000 }) };
});
