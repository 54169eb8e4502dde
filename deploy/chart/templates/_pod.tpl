{{/* The pod of the gateway, the same for both stores. dict "root" $ "config" CONFIG "volumes" [...] "mounts" [...] */}}

{{- define "seedance.podTemplate" -}}
{{- $root := .root -}}
{{- $values := $root.Values -}}
{{- $config := .config -}}
{{- $preStop := include "seedance.preStopSeconds" $root | int -}}
metadata:
  labels:
    {{- include "seedance.selectorLabels" $root | nindent 4 }}
    app.kubernetes.io/part-of: seedance-gateway
    {{- with mergeOverwrite (deepCopy $values.commonLabels) $values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    # Most of the configuration is read at the start only, and nobody sends SIGHUP here.
    checksum/config: {{ include "seedance.config" $root | sha256sum | quote }}
    {{- with include "seedance.ownSecrets" $root }}
    checksum/secrets: {{ . | sha256sum | quote }}
    {{- end }}
    {{- with $values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "seedance.serviceAccountName" $root }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with $values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  terminationGracePeriodSeconds: {{ include "seedance.graceSeconds" $root }}
  securityContext:
    {{- include "seedance.podSecurityContext" $root | nindent 4 }}
  {{- with $values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  containers:
    - name: gateway
      image: {{ include "seedance.image" $root | quote }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      command: [/usr/bin/seedance-gateway, --config, /etc/seedance-gateway/config/gateway.yaml]
      {{- with $values.env }}
      env:
        {{- range $name, $value := . }}
        - {name: {{ $name }}, value: {{ $value | quote }}}
        {{- end }}
      {{- end }}
      ports:
        - {name: grpc, containerPort: {{ include "seedance.port" $config.server.listen }}}
        - {name: probe, containerPort: {{ include "seedance.port" $config.admin.probe_listen }}}
        {{- if $values.callbacks.enabled }}
        - {name: callbacks, containerPort: {{ include "seedance.port" $config.admin.listen }}}
        {{- end }}
      startupProbe:
        httpGet: {path: /livez, port: probe}
        {{- toYaml $values.probes.startup | nindent 8 }}
      readinessProbe:
        httpGet: {path: /readyz, port: probe}
        {{- toYaml $values.probes.readiness | nindent 8 }}
      livenessProbe:
        httpGet: {path: /livez, port: probe}
        {{- toYaml $values.probes.liveness | nindent 8 }}
      {{- if gt $preStop 0 }}
      lifecycle:
        # Until every proxy and resolver has let go of this pod; by the kubelet, for the image has no shell.
        preStop: {sleep: {seconds: {{ $preStop }}}}
      {{- end }}
      securityContext:
        {{- include "seedance.containerSecurityContext" $root | nindent 8 }}
      resources:
        {{- toYaml $values.resources | nindent 8 }}
      volumeMounts:
        {{- include "seedance.mounts" $root | nindent 8 }}
        {{- with .mounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        {{- with $values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    {{- include "seedance.volumes" $root | nindent 4 }}
    - name: tmp
      # In memory: full, it refuses a write; on disk the kubelet would evict the pod.
      emptyDir: {medium: Memory, sizeLimit: {{ $values.tmp.sizeLimit }}}
    {{- if $values.staging.enabled }}
    - name: staging
      persistentVolumeClaim: {claimName: {{ default (printf "%s-staging" (include "seedance.fullname" $root)) $values.staging.existingClaim }}}
    {{- end }}
    {{- with .volumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- with $values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if and (eq $values.store "postgres") $values.topologySpread }}
  topologySpreadConstraints:
    {{- range $values.topologySpread }}
    - {{ toYaml . | nindent 6 | trim }}
      labelSelector:
        matchLabels:
          {{- include "seedance.selectorLabels" $root | nindent 10 }}
      # The pods of one rollout are spread by themselves, whatever the old ones occupy.
      matchLabelKeys: [pod-template-hash]
    {{- end }}
  {{- end }}
{{- end -}}

{{/* Configuration, certificates and secrets: what a check of the configuration needs too. Whole volumes: a subPath would
     never see a change. */}}
{{- define "seedance.mounts" -}}
- {name: config, mountPath: /etc/seedance-gateway/config, readOnly: true}
{{- if .Values.tls.enabled }}
- {name: tls, mountPath: /etc/seedance-gateway/tls, readOnly: true}
{{- if .Values.tls.clientCA.enabled }}
- {name: client-ca, mountPath: /etc/seedance-gateway/client-ca, readOnly: true}
{{- end }}
{{- end }}
{{- range $name, $secret := .Values.secrets }}
- {name: secret-{{ $name }}, mountPath: /etc/seedance-gateway/secrets/{{ $name }}, readOnly: true}
{{- end }}
- {name: tmp, mountPath: /tmp}
{{- if .Values.staging.enabled }}
- {name: staging, mountPath: /var/lib/seedance-gateway-staging}
{{- end }}
{{- end -}}

{{/* Of configuration, certificates and secrets; `tmp` and `staging` come from the pod. */}}
{{- define "seedance.volumes" -}}
- name: config
  configMap: {name: {{ include "seedance.fullname" . }}}
{{- if .Values.tls.enabled }}
- name: tls
  secret:
    secretName: {{ include "seedance.tlsSecret" . }}
    defaultMode: 0440
    items: [{key: tls.crt, path: tls.crt}, {key: tls.key, path: tls.key}]
{{- if .Values.tls.clientCA.enabled }}
- name: client-ca
  secret:
    secretName: {{ include "seedance.clientCASecret" . }}
    defaultMode: 0440
    items: [{key: {{ .Values.tls.clientCA.key }}, path: {{ .Values.tls.clientCA.key }}}]
{{- end }}
{{- end }}
{{- range $name, $secret := .Values.secrets }}
- name: secret-{{ $name }}
  secret:
    secretName: {{ include "seedance.secretName" (dict "root" $ "name" $name) }}
    defaultMode: 0440
{{- end }}
{{- end -}}

{{/* The Secrets that the chart writes itself, as text for a checksum. */}}
{{- define "seedance.ownSecrets" -}}
{{- range $name, $secret := .Values.secrets }}
{{- with $secret.stringData }}
{{ $name }}: {{ toJson . }}
{{- end }}
{{- end }}
{{- end -}}
