import * as rest from "@loopback/rest";
import { testHttp } from "@usermeta/conformance/http";
import * as firstOf15 from "loopback-rest-15-0-4";
import { describe, test } from "vitest";
import { startOn } from "./start.ts";

describe("@loopback/rest 15", () => testHttp({ test, start: startOn(rest) }));
// Its classes have private members, so TypeScript does not accept them as the same classes.
describe("@loopback/rest 15.0.4", () => testHttp({ test, start: startOn(firstOf15 as never) }));
