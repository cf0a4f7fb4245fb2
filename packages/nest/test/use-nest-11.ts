/** Must be imported first: every import of Nest in this thread, also those by Nest itself, then gets its version 11. */
import { registerHooks } from "node:module";

const NEST = /(?:^|\/node_modules\/)@nestjs\/([\w-]+)(\/.+)?$/;

registerHooks({
  resolve(specifier, context, next) {
    const [, name, rest = ""] = NEST.exec(specifier) ?? [];
    if (name === undefined) return next(specifier, context);
    // Vitest resolves the path of the entry file, Nest resolves package names.
    const subpath = specifier.startsWith("@") ? rest : "";
    return next(`nest11-${name}${subpath}`, { ...context, parentURL: import.meta.url });
  },
});
