export { ensureJupyterEnvironment, packageRoot } from "./environment.js";
export type { JupyterEnvironment, JupyterEnvironmentOptions } from "./environment.js";
