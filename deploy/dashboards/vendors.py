"""What the gateway asks of vendors, how they answer, and what holds requests back."""

from panels import Dashboard, Panel, Query, Row, of_store, quantiles

# A ratio is one of an installation; the largest is shown.
EACH = "namespace, job, upstream"
U = ',upstream=~"$upstream"'

state = Row("State", [
    Panel("Circuit breaker", [Query(f"max by (upstream) (seedance_breaker_open{{@{U}}})", "{{upstream}}")],
          "Open: the vendor counts as down, and gets one probe at a time.", kind="stat", width=6, height=4,
          steps=((1, "red"),), words={0: "closed", 1: "OPEN"}),
    Panel("Cooldown", [Query(f"max by (upstream, kind) (seedance_vendor_cooldown_seconds{{@{U}}})", "{{upstream}} {{kind}}")],
          "Remaining time in which no request of the kind is sent, because the vendor asked for it.", unit="s", kind="stat",
          width=9, height=4, steps=((1, "orange"),)),
    Panel("Longest time without a report",
          [Query(f"max by (upstream) (seedance_oldest_poll_age_seconds{{@{U}}})", "{{upstream}}")],
          "Since the vendor last reported on the submitted task that waits longest.", unit="s", kind="stat", width=9, height=4,
          steps=((300, "orange"), (900, "red"))),
])

requests = Row("Requests", [
    Panel("Requests by operation", [Query(f"sum by (upstream, operation) (rate(seedance_vendor_requests_total{{@{U}}}[@]))",
                                          "{{upstream}} {{operation}}")], "Requests that ended.", unit="reqps", stack=True),
    Panel("Requests that failed",
          [Query(f'sum by (upstream, outcome) (rate(seedance_vendor_requests_total{{@{U},outcome!="OK"}}[@]))',
                 "{{upstream}} {{outcome}}")], "By reason of the error.", unit="reqps", stack=True),
    Panel("Time of requests, 95 %", quantiles("seedance_vendor_request_seconds", "upstream, operation", U,
                                              "{{upstream}} {{operation}}")[1:2],
          "From sending to the end of the answer.", unit="s"),
    Panel("Polls", [Query(f"sum by (upstream, resource, outcome) (rate(seedance_polls_total{{@{U}}}[@]))",
                          "{{upstream}} {{resource}} {{outcome}}")], "Of tasks and assets.", unit="reqps", stack=True),
    Panel("Submissions", [Query(f"sum by (upstream, acceptance) (rate(seedance_submits_total{{@{U}}}[@])) * 3600",
                                "{{upstream}} {{acceptance}}")],
          "Tasks per hour by whether the vendor accepted them; `unknown` is in doubt.", stack=True),
    Panel("Webhooks", [Query(f"sum by (upstream, open) (rate(seedance_webhook_pokes_total{{@{U}}}[@])) * 3600",
                             "{{upstream}} open={{open}}")],
          "Per hour, by whether their task is open here. A webhook only hastens a poll.", stack=True),
])

waits = Row("What holds requests back", [
    Panel("Requests that wait", [Query(f"sum by (upstream, kind) (seedance_vendor_requests_waiting{{@{U}}})",
                                       "{{upstream}} {{kind}}")], "They are due and wait for their turn."),
    Panel("How late requests begin, 95 %",
          quantiles("seedance_vendor_request_delay_seconds", "upstream, kind", U, "{{upstream}} {{kind}}")[1:2],
          "Counted from when they were due.", unit="s"),
    Panel("Use of the rate of polls",
          [Query(f"max by (upstream) (sum by ({EACH}) (rate(seedance_polls_total{{@{U}}}[@])) / (max by ({EACH}) "
                 f'(seedance_vendor_max_requests_per_second{{@{U},kind="poll"}}) > 0))', "{{upstream}}")],
          "Polls, as part of the rate that is configured for all gateways together. Near 1 ends are seen late.",
          unit="percentunit"),
    Panel("Answers that asked for fewer requests",
          [Query(f"sum by (upstream, kind) (rate(seedance_vendor_cooldowns_total{{@{U}}}[@])) * 60", "{{upstream}} {{kind}}")],
          "Per minute: 429, or Retry-After.", stack=True),
    Panel("Cooldown of all requests",
          [Query(f"max by (upstream, kind) (seedance_vendor_cooldown_seconds{{@{U}}})", "{{upstream}} {{kind}}")],
          "Remaining time.", unit="s"),
    Panel("Circuit breaker opened",
          [Query(f"sum by (upstream) (increase(seedance_breaker_openings_total{{@{U}}}[@]))", "{{upstream}}"),
           Query(f"max by (upstream) (seedance_breaker_open{{@{U}}})", "{{upstream}} is open")], "Openings, and whether it is open."),
])

tasks = Row("Tasks", [
    Panel("Open tasks", [Query(f"sum by (upstream, state) (seedance_open_tasks{{@{U}}})", "{{upstream}} {{state}}")], "By state.",
          stack=True),
    Panel("Failed tasks", [Query(f'sum by (upstream, reason) (rate(seedance_tasks_ended_total{{@{U},reason!=""}}[@])) * 3600',
                                 "{{upstream}} {{reason}}")], "Per hour, by reason.", stack=True),
    Panel("Refused by moderation",
          [Query('sum by (upstream, reason) (increase(seedance_tasks_ended_total{@' + U +
                 ',reason=~"INPUT_MODERATION|OUTPUT_MODERATION"}[1h]))', "{{upstream}} {{reason}}")],
          "Tasks of the last hour. Vendors may close an account that has many.", stack=True),
    Panel("Time of a task, 95 %", quantiles("seedance_task_seconds", "upstream, model", U, "{{upstream}} {{model}}")[1:2],
          "From the creation to success.", unit="s"),
    Panel("Time until an end is seen", quantiles("seedance_discovery_lag_seconds", "upstream", U, "{{upstream}}")[1:],
          "From the end of a task, as the vendor reports it, until the gateway saw it.", unit="s"),
    Panel("Longest time without a report",
          [Query(f"max by (upstream) (seedance_oldest_poll_age_seconds{{@{U}}})", "{{upstream}}")],
          "Of a submitted task. It grows when polls fail, or when the rate does not allow enough of them.", unit="s"),
])

library = Row("Library of assets", [
    Panel("Assets", [Query(of_store("seedance_assets", "upstream, state", U), "{{upstream}} {{state}}")], "In the store, by state.", stack=True),
    Panel("Places in use",
          [Query(f"max by (upstream) ((max by ({EACH}) (seedance_library_assets{{@{U}}}) + max by ({EACH})"
                 f" (seedance_library_reserved_places{{@{U}}})) / (max by ({EACH}) (seedance_library_max_assets{{@{U}}}) > 0))",
                 "{{upstream}}")],
          "Used and reserved places, as part of those that the vendor's plan has. Nothing is shown without a limit.",
          unit="percentunit", most=1),
    Panel("Used once", [Query(of_store("seedance_library_assets_used_once", "upstream", U), "{{upstream}}")],
          "Assets that one task used, and no other since: candidates for deletion."),
    Panel("First asset lapses in", [Query(f"min by (upstream) (seedance_library_next_lapse_seconds{{@{U}}} >= 0)", "{{upstream}}")],
          "Until the vendor drops the first asset unless it is used.", unit="s", width=12),
    Panel("Entries skipped",
          [Query(f"sum by (upstream, resource) (increase(seedance_vendor_entries_skipped_total{{@{U}}}[1h]))",
                 "{{upstream}} {{resource}}")],
          "Entries of the vendor's lists in the last hour whose ids cannot be used.", width=12),
])

DASHBOARD = Dashboard("vendors", "Seedance gateway: vendors",
                      "What the gateway asks of vendors, how they answer, and what holds requests back.",
                      [state, requests, waits, tasks, library], (("upstream", "seedance_breaker_open"),))
