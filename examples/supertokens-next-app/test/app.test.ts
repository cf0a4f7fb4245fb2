import { testSuperTokensExample } from "@usermeta/example-supertokens/suite";
import { buildApp } from "../app.ts";

testSuperTokensExample(buildApp, {
  auth: "/api/auth",
  own: "/api/updateinfo",
  mounted: "/api/usermeta/metadata",
  signIn: "/api/dev/sign-in",
  card: "/api/card",
});
