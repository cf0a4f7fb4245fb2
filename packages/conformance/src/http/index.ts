export { httpCases } from "./cases.ts";
export type {
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
export type { Hold } from "./store.ts";
export type { TokenChange, Tokens } from "./tokens.ts";
