export type { CommsApi, DisplayOptions, Jupyter, TypeErrors } from "./api.js";
export { clearOutput, display, insideKernel, jupyter, prompt } from "./api.js";
export type { InstalledKernelspec, InstallOptions } from "./install.js";
export { installKernelspec, KERNEL_NAME, listKernelspecs, removeKernelspec } from "./install.js";
export { jupyterDataFolder } from "./jupyter-folder.js";
export type { Comm, CommExtras, CommListener, CommMessage, CommTarget } from "./session/comms.js";
export type { Json, JsonObject } from "./wire/message.js";
