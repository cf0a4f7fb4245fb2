import { testExample } from "../../suite.ts";
import { buildApp } from "../app.ts";

testExample(async (options) => {
  const app = buildApp({ ...options, port: 0 });
  await app.start();
  return { url: app.restServer.url ?? "", close: () => app.stop() };
});
