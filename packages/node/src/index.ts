export type { NodeRequest, SeenRequest } from "./request-view.ts";
export { limitBody, toRequestView } from "./request-view.ts";
export type { HeaderReply } from "./send-outcome.ts";
export { sendOutcome, setErrorHeaders, toResponseHeaders } from "./send-outcome.ts";
export { attachSession, getSession } from "./session.ts";
export { abandon } from "./signal.ts";
export type { UnavailableOptions } from "./unavailable.ts";
export { answerable, answerToThrown } from "./unavailable.ts";
