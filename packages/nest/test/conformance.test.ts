import { testHttp } from "@usermeta/conformance/http";
import { describe, test } from "vitest";
import { onExpress, onFastify, onFastifyHttp2 } from "./start.ts";

describe("Nest on Express", () => testHttp({ test, ...onExpress }));
describe("Nest on Fastify", () => testHttp({ test, ...onFastify }));
describe("Nest on Fastify, by HTTP/2", () => testHttp({ test, ...onFastifyHttp2 }));
