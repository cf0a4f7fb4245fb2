import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { testExample } from "../../suite.ts";
import { buildApp } from "../app.ts";
import { createGateway } from "../gateway.ts";

testExample(async (options) => {
  const { handler, close } = buildApp(options);
  const server = createGateway(handler).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, close: () => server[Symbol.asyncDispose]().then(close) };
});
