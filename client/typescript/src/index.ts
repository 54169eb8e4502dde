/** Client of seedance-gateway. Messages are in `v1`, the errors of all reasons in `errors`. */
export type { CallOptions } from "./caller.js";
export {
  Client, newRequestId, type DownloadOptions, type Given, type Method, type Pages, type Part, type UploadOptions,
  type WatchOptions, type Without,
} from "./client.js";
export {
  ConnectionFailed, DataLoss, GatewayError, InvalidInput, Moderated, OutcomeUnknown, raiseForError, type FieldViolation,
} from "./errors.js";
export * as errors from "./errors.js";
export type { Keepalive, Logger, Options, RetryPolicy, Timeouts, Tls, Token } from "./options.js";
export { hasEnded, type DownloadResult, type Resource, type TaskChange } from "./streams.js";
export type { Progress, Sink, Source } from "./transfers.js";
export { toDate } from "./time.js";
export * as v1 from "./v1.js";
export { TasksWatch, Watch } from "./watch.js";
export { VERSION } from "./generated/version.js";
export { status } from "@grpc/grpc-js";
