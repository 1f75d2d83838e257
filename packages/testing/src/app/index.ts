/** A whole service in a test: a real server and real clients, joined in memory. */
export type { AppLog, LoggedRecord } from "./app-log.js";
export type { AppNetwork, CutOptions } from "./app-network.js";
export type { AppClientOptions, AppOptions, AppServerOptions } from "./options.js";
export { type App, type RestartOptions, startApp } from "./start-app.js";
