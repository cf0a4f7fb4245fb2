import { testSuperTokensExample } from "@usermeta/example-supertokens/suite";
import { buildApp } from "../app.ts";

testSuperTokensExample(async (options) => {
  const app = buildApp(options);
  return { url: await app.listen({ host: "127.0.0.1", port: 0 }), close: () => app.close() };
});
