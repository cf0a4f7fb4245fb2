import { testHttp } from "@usermeta/conformance/http";
import { describe, test } from "vitest";
import { testOddities } from "./oddities.ts";
import { createStart, ROUTERS } from "./start.ts";

const start = createStart("next15");

describe.each(ROUTERS)("Next 15, %s", (_, { toFolder, options }) =>
  testHttp({ test, start: (metadata, mount) => start(metadata, toFolder(mount)), ...options }),
);
describe("Next 15", () => testOddities(start));
