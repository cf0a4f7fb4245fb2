// biome-ignore lint/style/noDefaultExport: React Router asks for it
export { Outlet as default } from "react-router";
