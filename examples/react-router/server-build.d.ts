declare module "virtual:react-router/server-build" {
  type Build = import("react-router").ServerBuild;
  const build: Build;
  export = build;
}
