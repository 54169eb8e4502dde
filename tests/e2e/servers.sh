#!/bin/bash
# For scripts of this folder, which source it: a gateway in front of a sandbox, in the folder $work, for as long as the
# script runs. They set `here` to this folder.
work=$(mktemp -d)
pids=()

finish() {
  local code=$?
  if ((${#pids[@]} > 0)); then
    kill "${pids[@]}" 2>/dev/null || true
    wait "${pids[@]}" || true  # They write into the folder to their very end.
  fi
  if [[ $code -ne 0 && $code -ne 77 ]]; then tail -n 40 "$work"/*.log >&2 || true; fi
  rm -rf "$work"
  exit "$code"
}
trap finish EXIT

skip() {
  echo "SKIPPED: $*"
  exit 77
}

# start NAME FILE COMMAND...: starts a server and waits until it has written FILE.
start() {
  local name=$1 file=$2
  shift 2
  "$@" >"$work/$name.log" 2>&1 &
  pids+=($!)
  for _ in {1..600}; do
    [[ ! -s $file ]] || return 0
    kill -0 "${pids[-1]}" 2>/dev/null || break
    sleep 0.05
  done
  echo "$name did not start" >&2
  return 1
}

# start_gateway GATEWAY_BINARY SANDBOX_BINARY: sets `endpoint`.
start_gateway() {
  start sandbox "$work/sandbox.ports" "$2" --listen 127.0.0.1:0 --control 127.0.0.1:0 \
    --port-file "$work/sandbox.ports" --speed 20 --asset-seconds 2 --task-seconds 20
  cat >"$work/gateway.yaml" <<END
server:
  listen: 127.0.0.1:0
  port_file: $work/gateway.port
store:
  sqlite:
    path: $work/gateway.db
upstreams:
  - name: anyfast
    anyfast:
      base_url: http://$(sed -n 's/^listen=//p' "$work/sandbox.ports")
      api_key:
        env: VENDOR_KEY
      allow_plain_http: true
tasks:
  poll_interval_queued: 0.1s
  poll_interval_running: 0.1s
  poll_interval_asset: 0.1s
  poll_interval_unwatched: 0.1s
END
  export VENDOR_KEY=sandbox-key
  start gateway "$work/gateway.port" "$1" --config "$work/gateway.yaml"

  # shellcheck disable=SC2034  # For who sources this.
  endpoint=$(tr -d '[:space:]' <"$work/gateway.port")
}
