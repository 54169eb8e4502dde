import type { Duration } from "./generated/google/protobuf/duration.js";
import type { Timestamp } from "./generated/google/protobuf/timestamp.js";

/** A timestamp as a Date, which is exact to the millisecond; the timestamp itself to the nanosecond. */
export function toDate(timestamp: Timestamp): Date;
export function toDate(timestamp: Timestamp | undefined): Date | undefined;
export function toDate(timestamp: Timestamp | undefined): Date | undefined {
  return timestamp && new Date(Number(timestamp.seconds) * 1000 + Math.floor(timestamp.nanos / 1e6));
}

export function milliseconds(duration: Duration): number {
  return Number(duration.seconds) * 1000 + duration.nanos / 1e6;
}
