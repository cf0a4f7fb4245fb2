import { testClerkExample } from "../../clerk-express/test/suite.ts";
import { buildApp } from "../app.ts";

testClerkExample(async (options) => {
  const { url, close } = await buildApp(options);
  return { url: `${url}/api`, close };
});
