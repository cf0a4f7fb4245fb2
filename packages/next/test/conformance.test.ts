import { testHttp } from "@usermeta/conformance/http";
import { describe, test } from "vitest";
import { testOddities, testPlaces } from "./oddities.ts";
import { APP_ROUTER, createStart, PAGES_ROUTER } from "./start.ts";

const start = createStart("next");

describe.each([
  ["app router", APP_ROUTER],
  ["pages router", PAGES_ROUTER],
])("Next 16, %s", (_, { toFolder, options }) => {
  testHttp({ test, start: (metadata, mount) => start(metadata, toFolder(mount)), ...options });
  testOddities(start, toFolder({ prefix: "", bodyParser: false }));
});

describe("Next 16", () => testPlaces(start));
