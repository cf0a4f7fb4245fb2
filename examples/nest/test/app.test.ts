import { testExample } from "../../suite.ts";
import { buildApp } from "../app.ts";

testExample(async (options) => {
  const app = await buildApp(options);
  await app.listen(0, "127.0.0.1");
  return { url: `http://127.0.0.1:${app.getHttpServer().address().port}`, close: () => app.close() };
});
