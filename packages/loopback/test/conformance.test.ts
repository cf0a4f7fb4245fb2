import { createRequire } from "node:module";
import * as rest from "@loopback/rest";
import { testHttp } from "@usermeta/conformance/http";
import { describe, test } from "vitest";
import { startOn } from "./start.ts";

/** Its classes have private members, so that TypeScript takes them for others. */
const firstOf15: typeof rest = createRequire(import.meta.url)("loopback-rest-15-0-4");

describe("@loopback/rest 15", () => testHttp({ test, start: startOn(rest) }));
describe("@loopback/rest 15.0.4", () => testHttp({ test, start: startOn(firstOf15) }));
