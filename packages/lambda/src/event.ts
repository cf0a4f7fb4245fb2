import type { Session } from "@usermeta/core";

type Fields<T = string> = Readonly<Record<string, T | undefined>> | null | undefined;
type Lists = Fields<readonly string[]>;

interface AnyEvent {
  readonly headers?: Fields;
  /** Text, or the value that the app's parser made of it. */
  readonly body?: unknown;
  readonly isBase64Encoded: boolean;
}

/** An event of format 1.0: from a REST API, an HTTP API that is set to 1.0, a load balancer, or Netlify. */
export interface LambdaEventV1 extends AnyEvent {
  readonly version?: string;
  readonly httpMethod: string;
  readonly path: string;
  readonly multiValueHeaders?: Lists;
  readonly queryStringParameters?: Fields;
  readonly multiValueQueryStringParameters?: Lists;
  readonly requestContext?: { stage?: string; domainName?: string | undefined; elb?: unknown };
  /** Only Netlify has it: the URL, as it was sent. */
  readonly rawUrl?: string;
}

/** An event of format 2.0: from an HTTP API or a function URL. */
export interface LambdaEventV2 extends AnyEvent {
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly cookies?: readonly string[];
  readonly requestContext: { http: { method: string }; stage: string; domainName: string };
}

/** A request, as a gateway sends it. Events of `@types/aws-lambda` and `@netlify/functions` are assignable to it. */
export type LambdaEvent = LambdaEventV1 | LambdaEventV2;

/** An event with the session that `verifySession` found. */
export type SessionEvent<E = LambdaEvent, S = Session> = E & { readonly session: S };

/** Each name with each of its values: from the lists, or from the single values if there are no lists. */
export const pairsOf = (lists: Lists, singles: Fields): [name: string, value: string][] =>
  Object.entries((lists && Object.keys(lists).length > 0 ? lists : singles) ?? {}).flatMap(([name, values]) =>
    [values ?? []].flat().map((value): [string, string] => [name, value]),
  );
