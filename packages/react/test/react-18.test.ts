import { load } from "./load.ts";
import { testHooks } from "./suite.ts";

testHooks(await load("react18", "react-dom18"), "18.");
