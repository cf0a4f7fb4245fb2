/** What a route is found by. */
export interface RoutePattern {
  readonly method: string;
  /** `:name` is a parameter: a segment, or the rest of one. */
  readonly path: string;
  readonly dialect?: { readonly routing?: "servlet" | undefined } | undefined;
}

/** The routes of one path, and what its parameters were, as they were sent. */
export interface RouteMatch<R> {
  readonly methods: ReadonlyMap<string, R>;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Finds the routes of a path; `undefined` for a path that is not one of ours. */
export type Router<R> = (path: string) => RouteMatch<R> | undefined;

/** A router over a table of routes. A trailing slash is ignored. */
export const createRouter = <R extends RoutePattern>(routes: readonly R[]): Router<R> => {
  const entries = [...Map.groupBy(routes, ({ path }) => path)].map(([path, each]) => ({
    pattern: patternOf(path, each[0]?.dialect?.routing === "servlet"),
    names: path.match(/(?<=:)\w+/g) ?? [],
    methods: new Map(each.map((route) => [route.method, route])),
  }));
  return (path) => {
    for (const { pattern, names, methods } of entries) {
      const match = pattern.exec(path);
      if (!match) continue;
      const parameters: Record<string, string> = {};
      names.forEach((name, index) => {
        parameters[name] = match[index + 1] as string;
      });
      return { methods, parameters };
    }
    return undefined;
  };
};

const patternOf = (path: string, isServlet: boolean): RegExp => {
  const pattern = path.replaceAll(".", "\\.").replace(/:\w+/g, "([^/]+)");
  return isServlet ? new RegExp(`^/*${pattern}/?$`, "i") : new RegExp(`^${pattern}/?$`);
};
