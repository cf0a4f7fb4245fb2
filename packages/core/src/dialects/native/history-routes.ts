import type { Engine } from "../../engine.ts";
import type { Route, RouteCall } from "../../http/route.ts";
import type { Outcome } from "../../transport/outcome.ts";

type Answers = typeof import("./history-answers.ts");

/** Loads what answers questions about the past, once. */
const loader = () => {
  let loading: Promise<Answers> | undefined;
  return (): Promise<Answers> => {
    loading ??= import("./history-answers.ts");
    return loading;
  };
};

/** The routes about the past. */
export interface HistoryRoutes {
  /** Those of an engine that keeps a history; of another there are none. */
  readonly routes: readonly Route[];
  /** Answers a read that asks for an old version. `undefined`: it asks for none. */
  readonly past: (call: RouteCall) => Promise<Outcome | undefined> | undefined;
}

/** Makes the routes about the past. Their code is loaded at once if there is a history, so that no request waits for it. */
export const historyRoutes = (engine: Engine): HistoryRoutes => {
  const load = loader();
  const past: HistoryRoutes["past"] = (call) =>
    call.request.query === "" ? undefined : load().then(({ answerPast }) => answerPast(engine, call));
  if (!engine.keepsHistory) return { routes: [], past };
  // Whoever asks is told.
  load().catch(() => undefined);
  const handle =
    (name: Exclude<keyof Answers, "answerPast">): Route["handle"] =>
    async (call) =>
      (await load())[name](engine, call);
  const own = { who: "session", answers: "object", reads: [] } as const;
  const admin = { who: "admin", answers: "object", reads: [] } as const;
  const document = { who: "admin", answers: "AdminMetadata", reads: ["application/json"] } as const;
  return {
    past,
    routes: [
      { ...own, method: "GET", path: "/metadata/history", handle: handle("answerOwnHistory") },
      { ...admin, method: "GET", path: "/users/:userId/history", handle: handle("answerHistory") },
      { ...document, method: "POST", path: "/users/:userId/rollback", handle: handle("answerRollback") },
      { ...admin, method: "POST", path: "/users/:userId/erase", handle: handle("answerErasure") },
    ],
  };
};
