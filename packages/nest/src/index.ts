import type { ServerResponse } from "node:http";
import { type DynamicModule, type FactoryProvider, Module, type ModuleMetadata } from "@nestjs/common";
import { type AbstractHttpAdapter, APP_FILTER, APP_INTERCEPTOR, HttpAdapterHost } from "@nestjs/core";
import { type MetadataHttp, mountAt, UserMetadataError } from "@usermeta/core";
import { type NodeRequest, sendOutcome, setErrorHeaders, toRequestView } from "@usermeta/node";
import { AuthGuard } from "./auth-guard.ts";
import { USER_METADATA } from "./decorators.ts";
import { FailureHeaders } from "./failure-headers.ts";
import { RefusalFilter } from "./refusal.ts";

export { getSession } from "@usermeta/node";
export { AuthGuard, verifySession } from "./auth-guard.ts";
export { InjectUserMetadata, OptionalSession, Public, Session, USER_METADATA } from "./decorators.ts";

/** The options of the module. */
export interface UserMetadataModuleOptions {
  /** The engine. The app closes it. */
  readonly metadata: MetadataHttp;
  /** The whole path before every route, such as `"/auth"`: Nest's global prefix is not added to it. @default "" */
  readonly prefix?: string | undefined;
}

/** The options, from a factory with injected arguments. */
export type UserMetadataModuleAsyncOptions = Pick<ModuleMetadata, "imports"> &
  Pick<FactoryProvider<UserMetadataModuleOptions>, "inject" | "useFactory">;

const OPTIONS = Symbol("usermeta.options");
const MOUNT = Symbol("usermeta.mount");

/**
 * Mounts the metadata routes, and makes the engine and `AuthGuard` injectable everywhere. Other paths go on to the
 * app. Refusals are answered here; a failure of 500 and above goes to Nest's exception layer.
 */
// biome-ignore lint/complexity/noStaticOnlyClass: a module of Nest is a class
export class UserMetadataModule {
  /** The module with an engine. The app does not start if the engine is missing or the prefix is not a path. */
  static forRoot(options: UserMetadataModuleOptions): DynamicModule {
    return UserMetadataModule.forRootAsync({ useFactory: () => options });
  }

  /** The module with an engine that a factory makes. */
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
        { provide: APP_INTERCEPTOR, useClass: FailureHeaders },
        AuthGuard,
      ],
      exports: [USER_METADATA, AuthGuard],
    };
  }
}
Module({})(UserMetadataModule);

/**
 * The same as `UserMetadataModule.forRoot`, by the name that every adapter has.
 *
 * @example
 * ```ts
 * import { Module } from "@nestjs/common";
 * import { NestFactory } from "@nestjs/core";
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { userMetadata } from "@usermeta/nest";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 *
 * @Module({ imports: [userMetadata({ metadata, prefix: "/auth" })] })
 * class AppModule {}
 *
 * const app = await NestFactory.create(AppModule);
 * await app.listen(3000);
 * const response = await fetch(`${await app.getUrl()}/auth/metadata`);
 * console.log(response.status); // 401
 * await app.close();
 * ```
 */
export function userMetadata(options: UserMetadataModuleOptions): DynamicModule {
  // Not an arrow: Nest makes an instance of what was never called, and its start fails with what this throws.
  toEngine(options);
  return UserMetadataModule.forRoot(options);
}

const toEngine = (options: Partial<UserMetadataModuleOptions> | undefined): MetadataHttp => {
  if (options?.metadata) return options.metadata;
  throw new UserMetadataError("options_invalid", "UserMetadataModule has no engine; pass { metadata }.");
};

/**
 * Mounts the routes in `init` of the HTTP adapter, which Nest calls behind what the app has mounted by `app.use`, such
 * as its CORS, and before its body parser: so a body is read as it was sent, and a refusal does not wait for it.
 */
const toMount = ({ metadata, prefix = "" }: UserMetadataModuleOptions, host: HttpAdapterHost): void => {
  const handle = mountAt(metadata, prefix);
  const route = async (request: NodeRequest, response: ServerResponse, next: (error?: unknown) => void) => {
    const outcome = await handle(toRequestView(request));
    setErrorHeaders(response, outcome?.error);
    if (outcome && !outcome.error) sendOutcome(response, outcome);
    else next(outcome?.error);
  };
  // At once if the adapter is there; a testing module gets it later. An app without HTTP gets none.
  host.init$.subscribe(() => {
    const httpAdapter: AbstractHttpAdapter | undefined = host.httpAdapter;
    if (!httpAdapter) return;
    const { init } = httpAdapter;
    httpAdapter.init = async () => {
      await init?.call(httpAdapter);
      httpAdapter.use(route);
    };
  });
};
