import { listening, testSuperTokensExample } from "@usermeta/example-supertokens/suite";
import { createGateway } from "../../lambda/gateway.ts";
import { buildApp } from "../app.ts";

testSuperTokensExample(async (options) => {
  const { handler, metadata } = buildApp(options);
  return listening(createGateway(handler).listen(0, "127.0.0.1"), metadata);
});
