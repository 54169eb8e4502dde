/** Messages, enums and service definitions of seedance.gateway.v1, made by the build. */
export * from "./generated/seedance/gateway/v1/asset.js";
export * from "./generated/seedance/gateway/v1/asset_group.js";
export * from "./generated/seedance/gateway/v1/creation.js";
export * from "./generated/seedance/gateway/v1/error_reason.js";
export * from "./generated/seedance/gateway/v1/generation_task.js";
export * from "./generated/seedance/gateway/v1/money.js";
export * from "./generated/seedance/gateway/v1/upstream.js";
// Every generated file has these; named here, they are no conflict.
export {
  protobufFileName, protobufPackage, type DeepPartial, type MessageFns,
} from "./generated/seedance/gateway/v1/generation_task.js";
