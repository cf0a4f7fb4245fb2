/** Our routes on Express 5, on a SQLite file, behind JWT sessions. */
import { userMetadata } from "@usermeta/express";
import express from "express";
import { serve } from "../child.ts";
import { seeded } from "../engine.ts";

const [folder = "."] = process.argv.slice(2);

const app = express();
app.use(userMetadata(await seeded(folder, 1024)));
serve(app);
