export type { InstalledKernelspec, InstallOptions } from "./install.js";
export {
  installKernelspec,
  jupyterDataFolder,
  KERNEL_NAME,
  listKernelspecs,
  removeKernelspec,
} from "./install.js";
