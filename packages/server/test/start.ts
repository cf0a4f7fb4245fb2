import type { StartHttpApp } from "@usermeta/conformance/http";
import { serve } from "@usermeta/server";
import { pino } from "pino";

/** The conformance suite's app: what `usermeta serve` starts, over the suite's engine. */
export const start: StartHttpApp = async (metadata, { prefix }) => {
  const { url, stop } = await serve({
    metadata,
    prefix,
    port: 0,
    rateLimit: "off",
    log: pino({ level: "silent" }),
  });
  return { url, close: stop };
};
