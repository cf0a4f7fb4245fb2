import { testHttp } from "@usermeta/conformance/http";
import { createUserMetadata, memoryStore } from "@usermeta/core";
import { describe, expect, test } from "vitest";
import { testOddities } from "./oddities.ts";
import { APP_ROUTER, createStart, PAGES_ROUTER } from "./start.ts";

const start = createStart("next");

describe.each([
  ["app router", APP_ROUTER],
  ["pages router", PAGES_ROUTER],
])("Next 16, %s", (_, { toFolder, options }) => {
  testHttp({ test, start: (metadata, mount) => start(metadata, toFolder(mount)), ...options });
  testOddities(start, toFolder({ prefix: "", bodyParser: false }));
});

test.each([
  ["/edge", 401, "the edge runtime"],
  ["/optional", 401, "an optional catch-all"],
])("below %s/metadata the answer is %i: %s", async (folder, status) => {
  const app = await start(createUserMetadata({ store: memoryStore() }), folder);
  expect((await fetch(`${app.url}/metadata`)).status).toBe(status);
  expect((await fetch(app.url)).status).toBe(404);
  await app.close();
});
