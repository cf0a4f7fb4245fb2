import { testSuperTokensExample } from "@usermeta/example-supertokens/suite";
import { buildApp } from "../app.ts";

testSuperTokensExample(async (options) => {
  const app = buildApp({ ...options, port: 0 });
  await app.start();
  return { url: app.restServer.url ?? "", close: () => app.stop() };
});
