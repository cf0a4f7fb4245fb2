import { testHttp } from "@usermeta/conformance/http";
import { describe, test } from "vitest";
import { testOddities } from "./oddities.ts";
import { createStart, ROUTERS } from "./start.ts";

const start = createStart("next");

describe.each(ROUTERS)("Next 16, %s", (_, { toFolder, options }) =>
  testHttp({ test, start: (metadata, mount) => start(metadata, toFolder(mount)), ...options }),
);
describe("Next 16", () => testOddities(start));
