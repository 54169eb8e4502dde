{{/* Names, labels and small functions. */}}

{{- define "seedance.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 48 | trimSuffix "-" -}}
{{- end -}}

{{/* At most 48 letters, so that every suffix fits into 63. */}}
{{- define "seedance.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 48 | trimSuffix "-" -}}
{{- else if contains (include "seedance.name" .) .Release.Name -}}
{{- .Release.Name | trunc 48 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "seedance.name" .) | trunc 48 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The pods of the gateway. Selectors cannot be changed later: nothing that changes with a release. */}}
{{- define "seedance.selectorLabels" -}}
app.kubernetes.io/name: {{ include "seedance.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: gateway
{{- end -}}

{{/* dict "root" $ "component" NAME */}}
{{- define "seedance.labelsOf" -}}
{{- $root := .root -}}
app.kubernetes.io/name: {{ include "seedance.name" $root }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/part-of: seedance-gateway
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end -}}
{{- end -}}

{{- define "seedance.labels" -}}
{{- include "seedance.labelsOf" (dict "root" . "component" "gateway") -}}
{{- end -}}

{{- define "seedance.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "seedance.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "seedance.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* Name of the Secret of an entry of `secrets`: dict "root" $ "name" NAME */}}
{{- define "seedance.secretName" -}}
{{- $secret := index .root.Values.secrets .name -}}
{{- default (printf "%s-%s" (include "seedance.fullname" .root) .name) $secret.existingSecret -}}
{{- end -}}

{{- define "seedance.tlsSecret" -}}
{{- default (printf "%s-tls" (include "seedance.fullname" .)) .Values.tls.existingSecret -}}
{{- end -}}

{{- define "seedance.clientCASecret" -}}
{{- default (include "seedance.tlsSecret" .) .Values.tls.clientCA.existingSecret -}}
{{- end -}}

{{- define "seedance.host" -}}
{{- printf "%s.%s.svc" (include "seedance.fullname" .) .Release.Namespace -}}
{{- end -}}

{{/* Whole seconds, rounded up, of a duration of the configuration such as 0.5s. */}}
{{- define "seedance.seconds" -}}
{{- . | trimSuffix "s" | float64 | ceil | int -}}
{{- end -}}

{{/* Port of host:port. */}}
{{- define "seedance.port" -}}
{{- regexFind "[0-9]+$" . -}}
{{- end -}}

{{/* Labels of pods that may call the gateway. */}}
{{- define "seedance.clientLabel" -}}
{{ include "seedance.fullname" . }}-client: "true"
{{- end -}}

{{/* Restricted by every rule of Pod Security. */}}
{{- define "seedance.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "seedance.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}
