import { load } from "./load.ts";
import { testHooks } from "./suite.ts";

testHooks(await load("react", "react-dom"), "19.");
