import { invalidSetting } from "./settings.ts";

/** Runs the development core of `@usermeta/supertokens`. */
export const devCoreCommand = async (port: number): Promise<void> => {
  throw invalidSetting(
    `There is no development core to listen on port ${port}: npm install @usermeta/supertokens supertokens-node`,
  );
};
