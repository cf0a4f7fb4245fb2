import { testExample } from "../../suite.ts";
import { buildApp } from "../app.ts";

testExample(async (options) => {
  const server = await buildApp({ ...options, port: 0 });
  await server.start();
  return { url: server.info.uri, close: () => server.stop({ timeout: 1000 }) };
});
