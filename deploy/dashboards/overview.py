"""The first page to look at: does it serve, do tasks end, what is wrong."""

from panels import Dashboard, Panel, Query, Row, quantiles

BAD = 'code=~"UNKNOWN|INTERNAL|UNAVAILABLE|DATA_LOSS"'
# Watches end with UNAVAILABLE by design when their connection grows old, and last as long as their caller wants.
UNARY = 'method!~"Watch.*"'
STREAMS = 'method!~"Watch.*|UploadAsset|DownloadGenerationResult"'

now = Row("Now", [
    Panel("Gateways", [Query("count(seedance_build_info{@})")], "Gateways that answer Prometheus.", kind="stat",
          width=3, height=4),
    Panel("Alerts", [Query('count(ALERTS{alertname=~"Seedance.*",alertstate="firing"}) or vector(0)')],
          "Alerts of this service that fire now, whatever the variables choose; deploy/runbooks says what to do.",
          kind="stat", width=3, height=4, steps=((1, "red"),)),
    Panel("Open tasks", [Query("sum(seedance_open_tasks{@})")], "Tasks that have not ended.", kind="stat", width=3,
          height=4),
    Panel("Succeeded, last hour",
          [Query('sum(increase(seedance_tasks_ended_total{@,state="SUCCEEDED"}[1h]))'
                 ' / (sum(increase(seedance_tasks_ended_total{@}[1h])) > 0)')],
          "Part of the tasks that ended in the last hour.", unit="percentunit", kind="stat", width=3, height=4),
    Panel("In doubt", [Query('sum(seedance_in_doubt{@,kind="task"})'
                             ' + sum(max by (namespace, job, kind) (seedance_in_doubt{@,kind!="task"}))')],
          "Billed requests whose outcome is not known; they are never sent again (deploy/doubt.md).", kind="stat", width=3,
          height=4, steps=((1, "orange"),)),
    Panel("Vendors down", [Query("sum(max by (namespace, job, upstream) (seedance_breaker_open{@}))")],
          "Vendors whose circuit breaker is open in some gateway.", kind="stat", width=3, height=4, steps=((1, "red"),)),
    Panel("Store", [Query("min(seedance_store_sound{@})")], "Whether the last durable write to the store succeeded in all.",
          kind="stat", width=3, height=4, words={0: "UNSOUND", 1: "sound"}),
    Panel("Refused calls, last hour", [Query("sum(increase(seedance_calls_refused_total{@}[1h]))")],
          "Calls refused or ended by a limit of the gateway.", kind="stat", width=3, height=4, steps=((1, "orange"),)),
])

calls = Row("Calls", [
    Panel("Calls", [Query("sum by (method) (rate(seedance_calls_total{@}[@]))", "{{method}}")],
          "Calls that ended, by method.", unit="reqps", stack=True),
    Panel("Calls that did not end with OK", [Query('sum by (code) (rate(seedance_calls_total{@,code!="OK"}[@]))', "{{code}}")],
          "By status code. CANCELLED is a caller that went away; UNAVAILABLE of watches is usual when connections grow old.",
          unit="reqps", stack=True),
    Panel("Errors of the gateway",
          [Query(f"sum(rate(seedance_calls_total{{@,{UNARY},{BAD}}}[@])) / (sum(rate(seedance_calls_total{{@,{UNARY}}}[@])) > 0)"
                 f" or 0 * sum(rate(seedance_calls_total{{@,{UNARY}}}[@]))", "UNKNOWN, INTERNAL, UNAVAILABLE, DATA_LOSS")],
          "Part of the calls, watches left out, that failed for no fault of the caller.", unit="percentunit"),
    Panel("Time of calls", quantiles("seedance_call_seconds", matchers=f",{STREAMS}"),
          "All calls but watches, uploads and downloads. A create waits a little for the vendor.", unit="s"),
    Panel("Time of calls by method, 95 %", quantiles("seedance_call_seconds", "method", f",{STREAMS}", "{{method}}")[1:2],
          "Get and List are answered from memory and store, and should take milliseconds.", unit="s"),
    Panel("Open calls", [Query("sum by (pod) (seedance_open_calls{@})", "{{pod}}")], "Watch streams among them.",
          stack=True),
])

tasks = Row("Tasks", [
    Panel("Tasks created", [Query("sum by (upstream, model) (rate(seedance_tasks_created_total{@}[@])) * 3600",
                                  "{{upstream}} {{model}}")], "Per hour.", unit="short", stack=True),
    Panel("Tasks ended", [Query("sum by (state) (rate(seedance_tasks_ended_total{@}[@])) * 3600", "{{state}}")],
          "Per hour, by final state.", stack=True),
    Panel("Why tasks fail", [Query('sum by (reason) (rate(seedance_tasks_ended_total{@,reason!=""}[@])) * 3600', "{{reason}}")],
          "Per hour, by reason of the error (proto/seedance/gateway/v1/error_reason.proto).", stack=True),
    Panel("Open tasks", [Query("sum by (state) (seedance_open_tasks{@})", "{{state}}")], "By state.", stack=True),
    Panel("Time of a task", quantiles("seedance_task_seconds"), "From the creation to success.", unit="s"),
    Panel("Time until an end is seen", quantiles("seedance_discovery_lag_seconds"),
          "From the end of a task, as the vendor reports it, until the gateway saw it.", unit="s"),
])

process = Row("Process", [
    Panel("Processor", [Query("sum by (pod) (rate(process_cpu_seconds_total{@}[@]))", "{{pod}}")], "Cores in use.", width=6),
    Panel("Memory", [Query("sum by (pod) (process_resident_memory_bytes{@})", "{{pod}}")], "Resident.", unit="bytes",
          width=6),
    Panel("File descriptors", [Query("max by (pod) (process_open_fds{@} / process_max_fds{@})", "{{pod}}")],
          "Part of the limit.", unit="percentunit", width=6),
    Panel("Threads", [Query("sum by (pod) (process_threads{@})", "{{pod}}")], "A process that can start no further thread "
          "goes on with those it has (log: thread_not_started).", width=6),
    Panel("Time since the start", [Query("max by (pod) (time() - process_start_time_seconds{@})", "{{pod}}")],
          "A saw says that the process ends and is started again.", unit="s", width=6),
    Panel("Versions", [Query("count by (version, revision) (seedance_build_info{@})", "{{version}} {{revision}}")],
          "Gateways by release and commit; two during a rollout.", width=6),
    Panel("Draining", [Query("sum by (pod) (seedance_draining{@})", "{{pod}}")], "1 from SIGTERM on.", width=6, most=1),
    Panel("Log lines dropped, spans exported and dropped",
          [Query("sum by (kind) (rate(seedance_log_lines_dropped_total{@}[@]))", "lines dropped: {{kind}}"),
           Query("sum by (result) (rate(seedance_trace_spans_total{@}[@]))", "spans {{result}}")],
          "Dropped lines are over the rate of their kind, or nobody reads standard error.", width=6),
])

DASHBOARD = Dashboard("overview", "Seedance gateway: overview",
                      "Does it serve, do tasks end, what is wrong. The other dashboards have the details.",
                      [now, calls, tasks, process])
