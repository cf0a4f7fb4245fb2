import { testHttp } from "@usermeta/conformance/http";
import { describe, test } from "vitest";
import { OPTIONS, startBare, startBareHttp2, startHono } from "./start.ts";

describe("Hono", () => testHttp({ test, start: startHono, ...OPTIONS }));
describe("no framework", () => testHttp({ test, start: startBare, ...OPTIONS }));
describe("no framework, by HTTP/2", () => testHttp({ test, http2: true, start: startBareHttp2, ...OPTIONS }));
