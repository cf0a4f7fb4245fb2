import { listening, testSuperTokensExample } from "@usermeta/example-supertokens/suite";
import { buildApp } from "../app.ts";

testSuperTokensExample(async (options) => {
  const { app, metadata } = buildApp(options);
  return listening(app.listen(0, "127.0.0.1"), metadata);
});
