/** Sessions and updates on supertokens-node: by our routes, by its own, and by its recipe over our store. */
import { init } from "supertokens-node";
import { init as session } from "supertokens-node/recipe/session";
import { init as userMetadata } from "supertokens-node/recipe/usermetadata";
import {
  type Benchmark,
  type Child,
  cpuTimeIn,
  type Result,
  runAll,
  serverIn,
  startChild,
  type Target,
} from "./harness.ts";

/** The file of the headers of each user's requests. */
const SESSIONS = "supertokens.json";

/** Initialises the SDK of this process for a core. */
export function initSuperTokens(core: string, recipe: Parameters<typeof userMetadata>[0] = {}): void {
  init({
    framework: "express",
    telemetry: false,
    supertokens: { connectionURI: core },
    appInfo: { appName: "bench", apiDomain: "http://localhost:3000", websiteDomain: "http://localhost:3000" },
    recipeList: [session(), userMetadata(recipe)],
  });
}

/** Runs the benchmarks on a development core of their own, which is gone after them. */
export async function superTokens(folder: string, load: Child): Promise<readonly Result[]> {
  const core = await startChild("contenders/supertokens-core.ts", [folder, SESSIONS]);
  try {
    return await runAll(benchmarks(folder, load, String(core.ready)));
  } finally {
    await core.stop();
  }
}

function benchmarks(folder: string, load: Child, core: string): readonly Benchmark[] {
  const app =
    (
      whose: "ours" | "override" | "core",
      target: Target,
      serve = serverIn,
    ): Benchmark["contenders"][string] =>
    () =>
      serve("contenders/supertokens.ts", {
        args: [folder, core, whose],
        load,
        target: { ...target, sessions: SESSIONS },
      });
  const guarded: Target = { requests: "reads", path: "/guarded", answer: '"userId":"{user}"' };
  const unguarded: Target = { requests: "reads", path: "/unguarded", answer: '"userId":"nobody"' };
  const updates: Target = { requests: "updates", path: "/updateinfo" };
  const guards = (title: string, unit: string, serve: typeof serverIn): Benchmark => ({
    title: `SuperTokens' sessions on Express 5, 64 connections: a guarded GET${title}`,
    unit,
    rounds: 7,
    contenders: {
      usermeta: app("ours", guarded, serve),
      "supertokens-node": app("core", guarded, serve),
      "no guard": app("core", unguarded, serve),
    },
    ratios: [
      { of: "usermeta", to: "supertokens-node", target: 2.2 },
      { of: "no guard", to: "supertokens-node" },
    ],
  });
  return [
    guards("", "req/s", serverIn),
    guards(", by the server's processor time", "req/s of it", cpuTimeIn),
    {
      title: "SuperTokens' sessions on Express 5, 64 connections: POST /updateinfo, SQLite at FULL",
      unit: "req/s",
      rounds: 3,
      contenders: {
        usermeta: app("ours", updates),
        "its recipe over our store": app("override", updates),
        "its recipe, development core": app("core", updates),
      },
      ratios: [
        { of: "usermeta", to: "its recipe, development core" },
        { of: "its recipe over our store", to: "its recipe, development core" },
      ],
    },
  ];
}
