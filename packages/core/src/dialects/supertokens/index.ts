export type { CdiCall, CdiInput, CdiPart, CdiRoute } from "./cdi.ts";
export { CdiError, cdiDialect } from "./cdi.ts";
export type { SuperTokensDialectOptions } from "./supertokens-dialect.ts";
export { superTokensDialect } from "./supertokens-dialect.ts";
