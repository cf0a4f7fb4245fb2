import { testSuperTokensExample } from "@usermeta/example-supertokens/suite";
import { type Gateway, restApi, startGateway } from "../../../packages/lambda/test/gateway.ts";
import { buildApp } from "../app.ts";

/** Netlify's events are of format 1.0, with the whole URL beside. */
const netlify: Gateway = {
  ...restApi,
  toEvent: (request, body) => ({
    ...restApi.toEvent(request, body),
    rawUrl: `http://localhost${request.url ?? "/"}`,
  }),
};

testSuperTokensExample(async (options) => {
  const { handler, metadata } = buildApp(options);
  const { url, close } = await startGateway(netlify, handler);
  return {
    url,
    close: async () => {
      await close();
      await metadata.close();
    },
  };
});
