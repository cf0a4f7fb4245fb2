import { UserMetadataError } from "../errors.ts";
import type { Session } from "../session.ts";
import { checkUserId } from "../user-id.ts";
import type { AdminCheck } from "./admin-keys.ts";
import type { Outcome } from "./outcome.ts";
import { errorOutcome } from "./problem.ts";
import type { RequestView } from "./request-view.ts";
import type { Route } from "./route.ts";
import { createRouter, type RouteMatch } from "./router.ts";

/** Who may pass. */
export interface Doors {
  readonly verifySession: (request: RequestView) => Promise<Session>;
  readonly checkAdmin: AdminCheck;
}

/** Answers what the table knows; `undefined` is for the app. Never rejects. */
export type Handler = (request: RequestView) => Promise<Outcome | undefined>;

/** The one place where a request meets the route table. */
export const createHandler = (routes: readonly Route[], doors: Doors): Handler => {
  const router = createRouter(routes);
  return async (request) => {
    try {
      const match = router(request.path);
      if (match === undefined) return undefined;
      if (request.method === "OPTIONS")
        return { status: 204, headers: { allow: allowed(match).join(", ") }, body: undefined };
      const route = match.methods.get(request.method === "HEAD" ? "GET" : request.method);
      if (route === undefined) throw methodNotAllowed(request.method, allowed(match));
      return await admit(route, request, match.parameters, doors);
    } catch (error) {
      return errorOutcome(error);
    }
  };
};

const admit = async (
  route: Route,
  request: RequestView,
  parameters: readonly string[],
  doors: Doors,
): Promise<Outcome> => {
  if (route.who === "anyone") return route.handle({ request, userId: "", session: undefined });
  if (route.who === "session") {
    const session = await doors.verifySession(request);
    return route.handle({ request, userId: session.getUserId(), session });
  }
  await doors.checkAdmin(request);
  return route.handle({ request, userId: checkUserId(parameters[0]), session: undefined });
};

const allowed = ({ methods }: RouteMatch<Route>): string[] => {
  const names = [...methods.keys()];
  return ["OPTIONS", ...(names.includes("GET") ? ["HEAD"] : []), ...names];
};

const methodNotAllowed = (method: string, allow: readonly string[]): UserMetadataError =>
  new UserMetadataError("method_not_allowed", `${method} is not answered here. Use ${allow.join(", ")}.`, {
    details: { allow },
  });
