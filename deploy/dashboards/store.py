"""The store: SQLite, PostgreSQL, replicas, and the certificates."""

from panels import Dashboard, Panel, Query, Row, quantiles

state = Row("State", [
    Panel("Sound", [Query("min by (pod) (seedance_store_sound{@})", "{{pod}}")],
          "Whether the last probe was written durably, and the files of SQLite are in their place; /readyz says why not.",
          kind="stat", width=8, height=4, words={0: "UNSOUND", 1: "sound"}),
    Panel("Age of the last probe", [Query("max by (pod) (seedance_store_probe_age_seconds{@})", "{{pod}}")],
          "Probes are made when /readyz is asked: without a prober it only grows.", unit="s", kind="stat", width=8, height=4),
    Panel("Disk free", [Query("min by (pod) (seedance_store_disk_free_bytes{@})", "{{pod}}")],
          "SQLite: of the file system of the database.", unit="bytes", kind="stat", width=8, height=4),
])

writes = Row("Writes and reads", [
    Panel("Time of a transaction", quantiles("seedance_store_transaction_seconds"), "That writes, with its commit.", unit="s"),
    Panel("Transactions and writes", [Query("sum(rate(seedance_store_transaction_seconds_count{@}[@]))", "transactions"),
                                      Query("sum(rate(seedance_store_writes_total{@}[@]))", "writes")],
          "Writes that wait at the same time share a transaction.", unit="ops"),
    Panel("Time to write a change of a task", quantiles("seedance_task_write_seconds"), "With the wait for its turn.", unit="s"),
    Panel("Time of a read", quantiles("seedance_store_read_seconds"), "PostgreSQL: with the wait for a connection.", unit="s",
          width=12),
    Panel("Connections for reads", [Query("sum by (pod) (seedance_store_connections_in_use{@})", "{{pod}}")],
          "PostgreSQL: in use, of store.postgres.read_connections.", width=12),
])

disk = Row("Disk (SQLite)", [
    Panel("Size of the database", [Query("sum by (pod) (seedance_store_size_bytes{@})", "{{pod}}")], "With its log.",
          unit="bytes", width=12),
    Panel("Free space", [Query("min by (pod) (seedance_store_disk_free_bytes{@})", "{{pod}}")],
          "When there is none, calls fail with STORE_UNAVAILABLE, and nothing is billed that is not journalled.", unit="bytes",
          width=12),
])

replicas = Row("Replicas (PostgreSQL)", [
    Panel("Shards", [Query("sum by (pod) (seedance_store_shards{@})", "{{pod}}")], "Owned by each gateway; 128 in all.",
          stack=True, width=6),
    Panel("Gateways", [Query("max by (namespace, job) (seedance_store_replicas{@})", "{{namespace}} {{job}}")],
          "That share the schema.", width=6),
    Panel("Lease", [Query("min by (pod) (seedance_store_lease_seconds{@})", "{{pod}}")],
          "What is left of it; at 0 a gateway sends and polls nothing.", unit="s", width=6),
    Panel("Shards that moved", [Query("sum by (pod, direction) (increase(seedance_store_shard_moves_total{@}[@]))",
                                      "{{pod}} {{direction}}")], "They move when a gateway starts or ends.", width=6),
    Panel("Time until another gateway's change is seen", quantiles("seedance_store_change_lag_seconds"), "", unit="s", width=24),
])

tls = Row("Certificates (TLS)", [
    Panel("Time until the first certificate expires",
          [Query("min by (role) (seedance_tls_certificate_expiry_timestamp_seconds{@}) - time()", "{{role}}")],
          "Of the server's chain and of the client authorities.", unit="s"),
    Panel("Files refused", [Query("max by (pod) (seedance_tls_files_refused{@})", "{{pod}}")],
          "1: what is on disk is not usable, and earlier files stay in use."),
    Panel("Changes of the files", [Query("sum by (result) (increase(seedance_tls_reloads_total{@}[@]))", "{{result}}")],
          "Taken, or refused."),
])

DASHBOARD = Dashboard("store", "Seedance gateway: store", "SQLite, PostgreSQL, replicas, and the certificates.",
                      [state, writes, disk, replicas, tls])
