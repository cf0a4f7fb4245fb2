export { httpCases } from "./cases.ts";
export type {
  Hold,
  HttpCapability,
  HttpCase,
  HttpContext,
  HttpEngine,
  HttpMount,
  HttpMountName,
  RunningApp,
  StartHttpApp,
} from "./contract.ts";
export type { TestFunction, TestHttpOptions } from "./run.ts";
export { testHttp } from "./run.ts";
export type { TokenChange, Tokens } from "./tokens.ts";
