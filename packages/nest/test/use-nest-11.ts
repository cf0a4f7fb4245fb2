/** Imported before all else: whatever imports Nest in this thread, Nest itself included, gets its version 11. */
import { registerHooks } from "node:module";

const NEST = /(?:^|\/node_modules\/)@nestjs\/([\w-]+)(\/.+)?$/;

registerHooks({
  resolve(specifier, context, next) {
    const [, name, rest = ""] = NEST.exec(specifier) ?? [];
    if (name === undefined) return next(specifier, context);
    // Vitest asks by the path of the entry file, Nest by package names.
    const subpath = specifier.startsWith("@") ? rest : "";
    return next(`nest11-${name}${subpath}`, { ...context, parentURL: import.meta.url });
  },
});
