import { invalidSetting } from "./settings.ts";

/** Awaits the import of a package that is installed only if it is used. @throws UserMetadataError `options_invalid` */
export const optional = <M>(name: string, imported: Promise<M>): Promise<M> =>
  imported.catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ERR_MODULE_NOT_FOUND" && error.message.includes(`'${name}'`))
      throw invalidSetting(`The package ${name} is not installed: npm install ${name}`);
    throw error;
  });
