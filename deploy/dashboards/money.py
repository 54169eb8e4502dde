"""What is spent, by whom, and what is in doubt."""

from panels import Dashboard, Panel, Query, Row, of_store

U = ',upstream=~"$upstream"'
T = ',tenant=~"$tenant"'

spent = Row("Spent", [
    Panel("Estimated cost, last 24 h",
          [Query(f"sum by (currency) (increase(seedance_estimated_cost_total{{@{U}}}[24h]))", "{{currency}}")],
          "Of tasks that the vendor accepted, by the prices of the configuration; of an estimate with bounds the upper one. "
          "Refunds of failed tasks are not taken off.", kind="stat", width=8, height=4),
    Panel("Settled cost, last 24 h",
          [Query(f"sum by (currency) (increase(seedance_settled_cost_total{{@{U}}}[24h]))", "{{currency}}")],
          "By the vendor's own log, where the gateway reads it (deploy/doubt.md).", kind="stat", width=8, height=4),
    Panel("Refunded, last 24 h",
          [Query(f"sum by (currency) (increase(seedance_refunded_cost_total{{@{U}}}[24h]))", "{{currency}}")],
          "By how much the log corrected a settled cost downwards.", kind="stat", width=8, height=4),
    Panel("Estimated cost per hour",
          [Query(f"sum by (upstream, currency) (rate(seedance_estimated_cost_total{{@{U}}}[@])) * 3600",
                 "{{upstream}} {{currency}}")], "Of tasks that the vendor accepted.", width=12, stack=True),
    Panel("Settled and refunded cost per hour",
          [Query(f"sum by (upstream, currency) (rate(seedance_settled_cost_total{{@{U}}}[@])) * 3600",
                 "{{upstream}} {{currency}} settled"),
           Query(f"sum by (upstream, currency) (rate(seedance_refunded_cost_total{{@{U}}}[@])) * 3600",
                 "{{upstream}} {{currency}} refunded")], "By the vendor's own log.", width=12),
])

tenants = Row("Tenants (with admin.max_tenants_in_metrics)", [
    Panel("Estimated cost per hour",
          [Query(f"sum by (tenant, currency) (rate(seedance_tenant_estimated_cost_total{{@{T}}}[@])) * 3600",
                 "{{tenant}} {{currency}}")],
          "`other`: all tenants beyond the maximum.", stack=True),
    Panel("Tasks created", [Query(f"sum by (tenant) (rate(seedance_tenant_tasks_created_total{{@{T}}}[@])) * 3600",
                                  "{{tenant}}")], "Per hour.", stack=True),
    Panel("Tasks ended", [Query(f"sum by (tenant, state) (rate(seedance_tenant_tasks_ended_total{{@{T}}}[@])) * 3600",
                                "{{tenant}} {{state}}")], "Per hour, by final state.", stack=True),
    Panel("Estimated cost of the last 24 h",
          [Query(f"sort_desc(sum by (tenant, currency) (increase(seedance_tenant_estimated_cost_total{{@{T}}}[24h])))",
                 "{{tenant}} {{currency}}")], "By tenant.", kind="bargauge", width=12),
    Panel("Succeeded, last 24 h",
          [Query(f'sum by (tenant) (increase(seedance_tenant_tasks_ended_total{{@{T},state="SUCCEEDED"}}[24h]))'
                 f" / (sum by (tenant) (increase(seedance_tenant_tasks_ended_total{{@{T}}}[24h])) > 0)", "{{tenant}}")],
          "Part of the tasks of each tenant that ended.", unit="percentunit", kind="bargauge", width=12, most=1),
])

doubt = Row("In doubt", [
    Panel("Requests in doubt", [Query('sum by (kind) (seedance_in_doubt{@,kind="task"})', "{{kind}}"),
                                Query(of_store("seedance_in_doubt", "kind", ',kind!="task"'), "{{kind}}")],
          "Billed requests whose outcome is not known. Never sent again; settled by looking at the vendor.", stack=True),
    Panel("Oldest of them", [Query("max by (kind) (seedance_in_doubt_oldest_seconds{@})", "{{kind}}")],
          "What is older than a quarter of an hour needs an operator.", unit="s"),
    Panel("Submissions without an answer",
          [Query(f'sum by (upstream) (rate(seedance_submits_total{{@{U},acceptance="unknown"}}[@])) * 3600', "{{upstream}}")],
          "Tasks per hour that come into doubt."),
    Panel("Billed creations of groups and assets",
          [Query("sum by (kind, end) (rate(seedance_journal_entries_total{@}[@])) * 3600", "{{kind}} {{end}}")],
          "Per hour, by how they ended; those in doubt again when they are settled.", width=12, stack=True),
    Panel("Submissions by acceptance",
          [Query(f"sum by (upstream, acceptance) (rate(seedance_submits_total{{@{U}}}[@])) * 3600", "{{upstream}} {{acceptance}}")],
          "Tasks per hour. `not_accepted` is tried again, `refused` fails the task.", width=12, stack=True),
])

DASHBOARD = Dashboard("money", "Seedance gateway: money", "What is spent, by whom, and what is in doubt.",
                      [spent, tenants, doubt],
                      (("upstream", "seedance_breaker_open"), ("tenant", "seedance_tenant_tasks_created_total")))
