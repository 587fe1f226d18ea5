export { createTfjsEngine, probeTfjs, type TfjsEngine, type TfjsProbe } from "./tfjs-engine.js";
