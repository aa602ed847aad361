{{- define "gateway.name" -}}
{{- .Chart.Name -}}
{{- end -}}

{{- define "gateway.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains (include "gateway.name" .) .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "gateway.name" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "gateway.selector" -}}
app.kubernetes.io/name: {{ include "gateway.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "gateway.labels" -}}
{{ include "gateway.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "gateway.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{- /* A value as the environment has it: 1000000, never 1e+06. */ -}}
{{- define "gateway.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) -}}{{ int64 . }}{{- else -}}{{ . }}{{- end -}}
{{- end -}}

{{- /* Seconds that a pod has to end: the drain, the longest operation, and what it takes to close. */ -}}
{{- define "gateway.grace" -}}
{{- add (ceil (addf .Values.settings.DRAIN_DELAY .Values.settings.REQUEST_TIMEOUT)) 15 -}}
{{- end -}}

{{- define "gateway.manifest" -}}
{{- if and .Values.persistedManifest.content .Values.persistedManifest.configMap -}}
{{- fail "persistedManifest: configMap or content, not both" -}}
{{- end -}}
{{- if .Values.persistedManifest.content -}}
{{- include "gateway.fullname" . }}-manifest
{{- else -}}
{{- .Values.persistedManifest.configMap -}}
{{- end -}}
{{- end -}}

{{- /* Whether GraphiQL's page is to be had. */ -}}
{{- define "gateway.graphiql" -}}
{{- if eq (toString .Values.settings.GRAPHIQL | lower) "true" -}}true{{- end -}}
{{- end -}}

{{- /* Whether there is a /metrics to scrape. */ -}}
{{- define "gateway.metrics" -}}
{{- if ne (toString .Values.settings.METRICS | lower) "false" -}}true{{- end -}}
{{- end -}}
