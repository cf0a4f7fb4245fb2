export type { NodeRequest } from "./request-view.ts";
export { limitBody, toRequestView } from "./request-view.ts";
export { sendOutcome } from "./send-outcome.ts";
export type { SessionCarrier } from "./session.ts";
export { attachSession, getSession } from "./session.ts";
