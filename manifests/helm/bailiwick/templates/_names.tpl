{{/* Short: suffixes have to fit into the 63 characters of a label. */}}
{{- define "bailiwick.fullname" -}}
{{- $chart := .Values.nameOverride | default .Chart.Name -}}
{{- $found := ternary .Release.Name (printf "%s-%s" .Release.Name $chart) (contains $chart .Release.Name) -}}
{{- .Values.fullnameOverride | default $found | trunc 36 | trimSuffix "-" -}}
{{- end -}}

{{/* The servers that are enabled, each with what `defaults` says and its own: a map by name. */}}
{{- define "bailiwick.servers" -}}
{{- range $name, $own := .Values.servers }}
{{- if $own.enabled }}
{{- $server := mergeOverwrite (deepCopy $.Values.defaults) (deepCopy $own) }}
{{- $_ := set $server "object" (printf "%s-%s" (include "bailiwick.fullname" $) $name) }}
{{- $several := or $server.autoscaling.enabled (gt (int $server.replicas) 1) }}
{{- $_ := set $server "several" $several }}
{{ toYaml (dict $name $server) }}
{{- end }}
{{- end }}
{{- end -}}

{{/* What selects the pods of a server: (list root name). */}}
{{- define "bailiwick.selector" -}}
app.kubernetes.io/name: bailiwick
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* Labels of every object: (list root component). */}}
{{- define "bailiwick.labels" -}}
{{- $root := index . 0 -}}
{{ include "bailiwick.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* (list root server) */}}
{{- define "bailiwick.image" -}}
{{- $image := (index . 0).Values.image -}}
{{- $own := (index . 1).image -}}
{{- $tag := printf ":%s" ($image.tag | default (index . 0).Chart.AppVersion) -}}
{{- with $image.registry }}{{ trimSuffix "/" . }}/{{ end }}{{ $own.repository }}
{{- with $own.digest }}@{{ . }}{{ else }}{{ $tag }}{{ end }}
{{- end -}}

{{- define "bailiwick.account" -}}
{{ .serviceAccount.name | default .object }}
{{- end -}}

{{- define "bailiwick.url" -}}
{{ .Values.url | default (printf "https://%s" .Values.host) | trimSuffix "/" }}
{{- end -}}

{{- define "bailiwick.scheme" -}}
{{ ternary "https" "http" .Values.tls.enabled }}
{{- end -}}

{{/* The name inside the cluster: (list root server) */}}
{{- define "bailiwick.inside" -}}
{{ (index . 1).object }}.{{ (index . 0).Release.Namespace }}.svc
{{- end -}}

{{/* What a server is reached by from outside: its calls, and whom it trusts (RFC 9728). */}}
{{- define "bailiwick.paths" -}}
- /{{ . }}
- /.well-known/oauth-protected-resource/{{ . }}
{{- end -}}

{{/* The ConfigMap and key of whoever signs for the servers' own TLS; nothing where nobody is named. */}}
{{- define "bailiwick.authority" -}}
{{- if .Values.tls.ca.configMap -}}
{name: {{ .Values.tls.ca.configMap }}, key: {{ .Values.tls.ca.key }}}
{{- else if .Values.tls.servingCertificate -}}
{name: {{ include "bailiwick.fullname" . }}-service-ca, key: service-ca.crt}
{{- end -}}
{{- end -}}

{{/* The clusters of the cluster server that are the one it runs in, by name. */}}
{{- define "bailiwick.here" -}}
{{- range $name, $cluster := dig "config" "clusters" (dict) .Values.servers.cluster }}
{{- if not (dig "kubeconfig" "" $cluster) }}
{{ toYaml (dict $name $cluster) }}
{{- end }}
{{- end }}
{{- end -}}
