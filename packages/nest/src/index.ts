import type { ServerResponse } from "node:http";
import {
  type DynamicModule,
  type FactoryProvider,
  Inject,
  Module,
  type ModuleMetadata,
} from "@nestjs/common";
import { APP_FILTER, HttpAdapterHost } from "@nestjs/core";
import { type MetadataHttp, mountAt, UserMetadataError } from "@usermeta/core";
import { type NodeRequest, sendOutcome, toRequestView } from "@usermeta/node";
import { AuthGuard, USER_METADATA } from "./auth-guard.ts";
import { RefusalFilter } from "./refusal.ts";

export { getSession } from "@usermeta/node";
export * from "./auth-guard.ts";

/** What the module is made of. */
export interface UserMetadataModuleOptions {
  /** The engine. The app closes it. */
  readonly metadata: MetadataHttp;
  /** The whole path above the routes, such as `"/auth"`; a global prefix is not put before it. @default "" */
  readonly prefix?: string;
}

/** The options, made by a factory of what is injected into it. */
export type UserMetadataModuleAsyncOptions = Pick<ModuleMetadata, "imports"> &
  Pick<FactoryProvider<UserMetadataModuleOptions>, "inject" | "useFactory">;

const OPTIONS = Symbol("usermeta.options");
const MOUNT = Symbol("usermeta.mount");

/**
 * Mounts the metadata routes, and makes the engine and `AuthGuard` injectable everywhere. Other paths go on to the
 * app. Refusals are answered here; a failure of 500 and above goes to Nest's exception layer.
 */
export class UserMetadataModule {
  /** Called by Nest, after its body parser and before the app's middleware and controllers. */
  readonly configure!: () => void;

  /** The module over an engine that is there. The app does not start where it is missing or the prefix is no path. */
  static forRoot(options: UserMetadataModuleOptions): DynamicModule {
    return UserMetadataModule.forRootAsync({ useFactory: () => options });
  }

  /** The module over an engine that a factory makes. */
  static forRootAsync(options: UserMetadataModuleAsyncOptions): DynamicModule {
    return {
      module: UserMetadataModule,
      global: true,
      imports: options.imports ?? [],
      providers: [
        { provide: OPTIONS, inject: options.inject ?? [], useFactory: options.useFactory },
        { provide: USER_METADATA, inject: [OPTIONS], useFactory: toEngine },
        { provide: MOUNT, inject: [OPTIONS, HttpAdapterHost], useFactory: toMount },
        { provide: APP_FILTER, useClass: RefusalFilter },
        AuthGuard,
      ],
      exports: [USER_METADATA, AuthGuard],
    };
  }
}
Module({})(UserMetadataModule);
Inject(MOUNT)(UserMetadataModule.prototype, "configure");

/** The name that every adapter has: `imports: [userMetadata({ metadata })]` is `UserMetadataModule.forRoot(…)`. */
export const userMetadata: typeof UserMetadataModule.forRoot = UserMetadataModule.forRoot;

const toEngine = (options: Partial<UserMetadataModuleOptions> | undefined): MetadataHttp => {
  if (options?.metadata) return options.metadata;
  throw new UserMetadataError("options_invalid", "UserMetadataModule has no engine; pass { metadata }.");
};

const toMount = ({ metadata, prefix = "" }: UserMetadataModuleOptions, { httpAdapter }: HttpAdapterHost) => {
  const handle = mountAt(metadata, prefix);
  const route = async (request: NodeRequest, response: ServerResponse, next: (error?: unknown) => void) => {
    const outcome = await handle(toRequestView(request));
    if (outcome && !outcome.error) sendOutcome(response, outcome);
    else next(outcome?.error);
  };
  // A context without HTTP has no adapter.
  return (): void => void httpAdapter?.use(route);
};
