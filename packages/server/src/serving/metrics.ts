import { collectDefaultMetrics, Histogram, Registry } from "prom-client";

/** One request, when it is over. */
export interface RequestMeasure {
  readonly method: string;
  /** The route's pattern, so that there are few of them. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

/** What a Prometheus server is told. */
export interface Metrics {
  readonly contentType: string;
  observe(measure: RequestMeasure): void;
  text(): Promise<string>;
}

/** Metrics of one server and of its process. */
export const createMetrics = (): Metrics => {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const duration = new Histogram({
    name: "usermeta_http_request_duration_seconds",
    help: "Time from a request's head to the end of its answer, by route and status.",
    labelNames: ["method", "route", "status"],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [register],
  });
  return {
    contentType: register.contentType,
    observe: ({ method, route, status, seconds }) => duration.observe({ method, route, status }, seconds),
    text: () => register.metrics(),
  };
};
