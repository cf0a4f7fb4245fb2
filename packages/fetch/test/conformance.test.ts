import { testHttp } from "@usermeta/conformance/http";
import { describe, test } from "vitest";
import { CAPABILITIES, startBare, startHono } from "./start.ts";

describe("Hono", () => testHttp({ test, start: startHono, capabilities: CAPABILITIES }));
describe("no framework", () => testHttp({ test, start: startBare, capabilities: CAPABILITIES }));
