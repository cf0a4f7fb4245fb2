import { testHttp } from "@usermeta/conformance/http";
import { describe, test } from "vitest";
import { CAPABILITIES, onHono, onSrvx, startOn } from "./start.ts";

describe("Hono's Node server", () => testHttp({ test, start: startOn(onHono), capabilities: CAPABILITIES }));
describe("srvx", () => testHttp({ test, start: startOn(onSrvx), capabilities: CAPABILITIES }));
