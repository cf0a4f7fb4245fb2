export type { ServerConfig } from "./config.ts";
export { defineConfig } from "./config.ts";
export type { ServerLog } from "./log.ts";
export type { RunningServer, ServeOptions } from "./serve.ts";
export { serve } from "./serve.ts";
export type { DialectName, LogLevel, RateLimitSetting, Settings } from "./settings.ts";
