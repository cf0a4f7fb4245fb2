import { optional } from "../config/optional.ts";
import { stopSignal } from "./stop-signal.ts";

/** Runs the development core of `@usermeta/supertokens` until SIGINT or SIGTERM. */
export const devCoreCommand = async (port: number | undefined): Promise<void> => {
  const imported = import("@usermeta/supertokens/dev-core");
  const { startDevCore } = await optional("@usermeta/supertokens", imported);
  const core = await startDevCore(port === undefined ? {} : { port });
  process.stdout.write(
    `A SuperTokens core for development, which forgets everything: connectionURI "${core.url}"\n`,
  );
  await stopSignal();
  await core.close();
};
