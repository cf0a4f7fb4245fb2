import { testHttp } from "@usermeta/conformance/http";
import { describe, test } from "vitest";
import { testOddities, testPlaces } from "./oddities.ts";
import { APP_ROUTER, createStart, PAGES_ROUTER } from "./start.ts";

const start = createStart("next15");

describe.each([
  ["app router", APP_ROUTER],
  ["pages router", PAGES_ROUTER],
])("Next 15, %s", (_, { toFolder, options }) => {
  testHttp({ test, start: (metadata, mount) => start(metadata, toFolder(mount)), ...options });
  testOddities(start, toFolder({ prefix: "", bodyParser: false }));
});

describe("Next 15", () => testPlaces(start));
