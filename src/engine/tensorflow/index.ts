export { createTensorFlowEngine } from "./tensorflow-engine.js";
