export type { ServerConfig } from "./config/config.ts";
export { defineConfig } from "./config/config.ts";
export type { DialectName, LogLevel, RateLimitSetting, Settings } from "./config/settings.ts";
export type { ServerLog } from "./serving/log.ts";
export type { RunningServer, ServeOptions } from "./serving/serve.ts";
export { serve } from "./serving/serve.ts";
