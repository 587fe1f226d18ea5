export { ArgumentError, CancelledError, EnvironmentError, FileError, SightbookError } from "./errors.js";
