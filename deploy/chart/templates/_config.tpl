{{/* The gateway's configuration: the value `config`, with what follows from other values where it says nothing. */}}

{{- define "seedance.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- $server := default dict $config.server -}}
{{- $admin := default dict $config.admin -}}
{{- $store := default dict $config.store -}}
{{- $postgres := eq .Values.store "postgres" -}}
{{- if not (hasKey $server "drain_delay") -}}
{{- $_ := set $server "drain_delay" (ternary "5s" "0s" $postgres) -}}
{{- end -}}
{{- if not (hasKey $server "drain_grace") -}}
{{- /* 330 s: a vendor may hold a billed request for 300 s, and one that is broken off is in doubt. A SQLite database is
       served by nobody while its gateway drains. */ -}}
{{- $_ := set $server "drain_grace" (ternary "330s" "90s" $postgres) -}}
{{- end -}}
{{- if .Values.tls.enabled -}}
{{- $tls := default dict $server.tls -}}
{{- $folder := "/etc/seedance-gateway/tls" -}}
{{- $tls = merge $tls (dict "certificate_file" (printf "%s/tls.crt" $folder) "private_key_file" (printf "%s/tls.key" $folder)) -}}
{{- if .Values.tls.clientCA.enabled -}}
{{- $tls = merge $tls (dict "client_ca_file" (printf "/etc/seedance-gateway/client-ca/%s" .Values.tls.clientCA.key)) -}}
{{- end -}}
{{- $_ := set $server "tls" $tls -}}
{{- end -}}
{{- if $postgres -}}
{{- $database := default dict $store.postgres -}}
{{- if not (hasKey $database "replicas") -}}
{{- $_ := set $database "replicas" (dict "lease" "6s") -}}
{{- end -}}
{{- $_ := set $store "postgres" $database -}}
{{- else -}}
{{- /* A start waits for a pod that has not let go of the database yet, and does not restart in a loop. */ -}}
{{- $sqlite := merge (default dict $store.sqlite) (dict "path" "/var/lib/seedance-gateway/gateway.db" "wait_for_lock" "86400s") -}}
{{- $_ := set $store "sqlite" $sqlite -}}
{{- end -}}
{{- if .Values.staging.enabled -}}
{{- $staging := merge (default dict $admin.staging) (dict "directory" "/var/lib/seedance-gateway-staging") -}}
{{- $_ := set $admin "staging" $staging -}}
{{- end -}}
{{- $_ := set $config "server" $server -}}
{{- $_ := set $config "admin" $admin -}}
{{- $_ := set $config "store" $store -}}
{{- include "seedance.checkConfig" (dict "root" . "config" $config) -}}
{{- toYaml $config -}}
{{- end -}}

{{/* What would be refused by the first pod is refused here, and what this chart does not run. */}}
{{- define "seedance.checkConfig" -}}
{{- $values := .root.Values -}}
{{- $server := .config.server -}}
{{- $admin := .config.admin -}}
{{- $store := .config.store -}}
{{- if not .config.upstreams -}}
{{- fail "config.upstreams: needs at least one vendor" -}}
{{- end -}}
{{- if and (not $server.allow_insecure_listen) (not $server.tls) -}}
{{- fail "tls.enabled: the gateway listens on all addresses; set it, or config.server.allow_insecure_listen for plain text" -}}
{{- end -}}
{{- if and (not $server.allow_insecure_listen) (not .config.tenants) -}}
{{- fail "config.tenants: the gateway listens on all addresses; set it, or config.server.allow_insecure_listen" -}}
{{- end -}}
{{- if not (regexMatch ":[0-9]+$" (default "" $server.listen)) -}}
{{- fail "config.server.listen: has to be host:port" -}}
{{- end -}}
{{- if not (regexMatch ":[0-9]+$" (default "" $admin.probe_listen)) -}}
{{- fail "config.admin.probe_listen: has to be host:port, for the probes" -}}
{{- end -}}
{{- if eq $values.store "postgres" -}}
{{- if not $store.postgres.connection -}}
{{- fail "config.store.postgres.connection: is required with store=postgres" -}}
{{- end -}}
{{- if $store.sqlite -}}
{{- fail "config.store.sqlite: is set, but store is postgres" -}}
{{- end -}}
{{- if not $store.postgres.replicas -}}
{{- fail "config.store.postgres.replicas: is required; a rollout runs two gateways on one schema" -}}
{{- end -}}
{{- if $values.standby.enabled -}}
{{- fail "standby.enabled: is for store=sqlite; with postgres every pod works" -}}
{{- end -}}
{{- if and $values.networkPolicy.enabled (not $values.networkPolicy.database) -}}
{{- fail "networkPolicy.database: says where PostgreSQL is; without it no pod reaches it" -}}
{{- end -}}
{{- if and $values.autoscaling.enabled $values.keda.enabled -}}
{{- fail "keda.enabled: makes an autoscaler of its own; turn autoscaling.enabled off" -}}
{{- end -}}
{{- if and $values.keda.enabled (not $values.keda.prometheusAddress) -}}
{{- fail "keda.prometheusAddress: is required with keda.enabled" -}}
{{- end -}}
{{- else -}}
{{- if $store.postgres -}}
{{- fail "config.store.postgres: is set, but store is sqlite" -}}
{{- end -}}
{{- if or $values.autoscaling.enabled $values.keda.enabled -}}
{{- fail "store: a SQLite database has one gateway; autoscaling needs store=postgres" -}}
{{- end -}}
{{- if $values.migrate.enabled -}}
{{- fail "migrate.enabled: is for store=postgres; SQLite migrates at the start" -}}
{{- end -}}
{{- if and $values.standby.enabled (not $values.persistence.enabled) -}}
{{- fail "standby.enabled: needs persistence" -}}
{{- end -}}
{{- end -}}
{{- if and $values.tls.clientCA.enabled (not $values.tls.enabled) -}}
{{- fail "tls.clientCA.enabled: needs tls.enabled" -}}
{{- end -}}
{{- if and $values.tls.certManager.enabled (not $values.tls.certManager.issuerRef.name) -}}
{{- fail "tls.certManager.issuerRef.name: is required" -}}
{{- end -}}
{{- if and $values.callbacks.enabled (hasPrefix "127." (default "127." $admin.listen)) -}}
{{- fail "callbacks.enabled: set config.admin.listen to 0.0.0.0:8480; on loopback no proxy reaches it" -}}
{{- end -}}
{{- if and $values.grpcRoute.enabled (not $values.grpcRoute.parentRefs) -}}
{{- fail "grpcRoute.parentRefs: names the Gateway, and is required" -}}
{{- end -}}
{{- if and $values.callbacks.enabled $values.callbacks.httpRoute.enabled (not $values.callbacks.httpRoute.parentRefs) -}}
{{- fail "callbacks.httpRoute.parentRefs: names the Gateway, and is required" -}}
{{- end -}}
{{- if and $values.staging.enabled (not $values.callbacks.enabled) -}}
{{- fail "staging.enabled: needs callbacks.enabled, because vendors fetch the files" -}}
{{- end -}}
{{- end -}}

{{- define "seedance.preStopSeconds" -}}
{{- if kindIs "invalid" .Values.rollout.preStopSeconds -}}
{{- ternary 5 0 (eq .Values.store "postgres") -}}
{{- else -}}
{{- .Values.rollout.preStopSeconds | int -}}
{{- end -}}
{{- end -}}

{{/* Longer than everything that happens from the deletion of the pod to the end of the process. */}}
{{- define "seedance.graceSeconds" -}}
{{- $config := include "seedance.config" . | fromYaml -}}
{{- $drain := include "seedance.seconds" $config.server.drain_grace | int -}}
{{- add (include "seedance.preStopSeconds" . | int) $drain (.Values.rollout.marginSeconds | int) -}}
{{- end -}}
