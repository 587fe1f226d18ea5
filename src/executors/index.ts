export { containers, type ContainerExecutorOptions } from "./containers.js";
