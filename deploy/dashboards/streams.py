"""Watch streams, uploads and downloads, and what callers are refused."""

from panels import Dashboard, Panel, Query, Row, quantiles

U = ',upstream=~"$upstream"'

watches = Row("Watches", [
    Panel("Open watch streams", [Query("sum by (pod) (seedance_watch_streams{@})", "{{pod}}")], "By gateway.", stack=True),
    Panel("Messages sent", [Query('sum by (method) (rate(seedance_messages_total{@,direction="sent",method=~"Watch.*"}[@]))',
                                  "{{method}}")], "To watchers, by method.", unit="cps", stack=True),
    Panel("Ends of watch streams", [Query('sum by (code) (rate(seedance_calls_total{@,method=~"Watch.*"}[@])) * 60', "{{code}}")],
          "Per minute. OK: the task ended; CANCELLED: the watcher went away; UNAVAILABLE: it resumes with its token.",
          stack=True),
    Panel("Unread answers", [Query("sum by (pod) (seedance_unread_answer_bytes{@})", "{{pod}}")],
          "Bytes that callers have not read yet; server.call_limits.max_answer_bytes bounds them.", unit="bytes", width=12),
    Panel("Time until another gateway's change is seen", quantiles("seedance_store_change_lag_seconds"),
          "Replicas: a watch at one gateway follows a task of another with this delay.", unit="s", width=12),
])

media = Row("Uploads and downloads", [
    Panel("Bytes received and sent", [Query("sum by (direction) (rate(seedance_message_bytes_total{@}[@]))", "{{direction}}")],
          "Of all messages of callers.", unit="Bps"),
    Panel("Bytes by method", [Query("topk(8, sum by (method, direction) (rate(seedance_message_bytes_total{@}[@])))",
                                    "{{method}} {{direction}}")],
          "The eight largest. UploadAsset and DownloadGenerationResult carry the media.", unit="Bps"),
    Panel("Time of uploads and downloads, 95 %",
          quantiles("seedance_call_seconds", "method", ',method=~"UploadAsset|DownloadGenerationResult"', "{{method}}")[1:2],
          "With the time that the vendor takes.", unit="s"),
    Panel("Transfers under way", [Query(f"sum by (upstream) (seedance_transfers_running{{@{U}}})", "upstream={{upstream}}")],
          "Uploads, downloads and staged files; without an upstream: files behind URLs."),
    Panel("Transfers that wait for a place", [Query(f"sum by (upstream) (seedance_transfers_waiting{{@{U}}})", "upstream={{upstream}}")],
          "While some wait, those with slow peers are ended."),
    Panel("Transfers ended as too slow",
          [Query(f"sum by (upstream) (increase(seedance_transfers_too_slow_total{{@{U}}}[@]))", "upstream={{upstream}}")],
          "With TRANSFER_TOO_SLOW, because others waited."),
])

limits = Row("Limits", [
    Panel("Calls refused by limits", [Query("sum by (limit) (rate(seedance_calls_refused_total{@}[@]))", "{{limit}}")],
          "By limit of server.call_limits. No honest backend meets the defaults.", unit="reqps", stack=True),
    Panel("Calls with RESOURCE_EXHAUSTED and UNAUTHENTICATED",
          [Query('sum by (method, code) (rate(seedance_calls_total{@,code=~"RESOURCE_EXHAUSTED|UNAUTHENTICATED"}[@]))',
                 "{{method}} {{code}}")], "By method.", unit="reqps", stack=True),
    Panel("Open calls and watch streams", [Query("sum(seedance_open_calls{@})", "calls"),
                                           Query("sum(seedance_watch_streams{@})", "watch streams")], "Of all gateways."),
])

DASHBOARD = Dashboard("streams", "Seedance gateway: streams", "Watches, uploads and downloads, and what callers are refused.",
                      [watches, media, limits], (("upstream", "seedance_breaker_open"),))
