import { testHttp } from "@usermeta/conformance/http";
import { describe, test } from "vitest";
import { onExpress, onFastify } from "./start.ts";

describe("Nest on Express", () => testHttp({ test, ...onExpress }));
describe("Nest on Fastify", () => testHttp({ test, ...onFastify }));
