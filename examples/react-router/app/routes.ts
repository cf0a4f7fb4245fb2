import { type RouteConfig, route } from "@react-router/dev/routes";

// biome-ignore lint/style/noDefaultExport: React Router asks for it
export default [
  route("dev/sign-in", "routes/sign-in.ts"),
  route("birthday", "routes/birthday.ts"),
  route("*", "routes/metadata.ts"),
] satisfies RouteConfig;
