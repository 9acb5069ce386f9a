{{/* Every host that settings have a URL of, a line `host port path` each: (list path value). */}}
{{- define "bailiwick.hosts" -}}
{{- $path := index . 0 -}}{{- $value := index . 1 -}}
{{- if kindIs "map" $value }}
{{- range $key, $inner := $value }}
{{- if not (has $key (list "open_url" "listen" "audiences" "errors" "watch" "title")) }}
{{- include "bailiwick.hosts" (list (printf "%s.%s" $path $key) $inner) }}
{{- end }}
{{- end }}
{{- if hasKey $value "sitemap" }}
{{- range $value.hosts }}
{{ . }} 443 {{ $path }}.hosts
{{- end }}
{{- end }}
{{- else if kindIs "slice" $value }}
{{- range $number, $inner := $value }}
{{- include "bailiwick.hosts" (list (printf "%s.%d" $path $number) $inner) }}
{{- end }}
{{- else if kindIs "string" $value }}
{{- if regexMatch "^(https?|oci)://" $value }}
{{- $at := urlParse $value }}
{{- $port := regexFind ":[0-9]+$" $at.host | trimPrefix ":" | default (ternary "80" "443" (eq $at.scheme "http")) }}
{{ regexReplaceAll "[\\[\\]]" $at.hostname "" }} {{ $port }} {{ trimPrefix "." $path }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "bailiwick.hosts.address" -}}
{{- if regexMatch "^([0-9]+(\\.[0-9]+){3}|[0-9a-fA-F]*:[0-9a-fA-F:.]*)$" . }}x{{ end -}}
{{- end -}}

{{/* The API's networks: what is configured, or what the cluster says of itself. */}}
{{- define "bailiwick.api" -}}
{{- $networks := .Values.networkPolicy.kubernetes | default list -}}
{{- $port := .Values.networkPolicy.kubernetesPort -}}
{{- if not $networks -}}
{{- $slice := lookup "discovery.k8s.io/v1" "EndpointSlice" "default" "kubernetes" -}}
{{- range $endpoint := dig "endpoints" (list) $slice -}}
{{- range $endpoint.addresses -}}
{{- $networks = append $networks (printf "%s/%d" . (ternary 128 32 (contains ":" .))) -}}
{{- end -}}
{{- end -}}
{{- range dig "ports" (list) $slice }}{{- $port = .port }}{{- end -}}
{{- end -}}
{{ toYaml (dict "networks" $networks "port" $port) }}
{{- end -}}

{{/* Where a server may connect to, as rules of a NetworkPolicy: (list root name server). */}}
{{- define "bailiwick.egress" -}}
{{- $root := index . 0 -}}{{- $name := index . 1 -}}{{- $server := index . 2 -}}
{{- $policy := $root.Values.networkPolicy -}}
- to:
    {{- toYaml $policy.dns | nindent 4 }}
  ports:
    {{- range $policy.dnsPorts }}
    - {protocol: UDP, port: {{ . }}}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
{{- if and (eq $name "cluster") (include "bailiwick.here" $root) }}
{{- $api := include "bailiwick.api" $root | fromYaml }}
{{- with $api.networks }}
- to:
    {{- range . }}
    - ipBlock: {cidr: {{ . | quote }}}
    {{- end }}
  ports:
    - {protocol: TCP, port: {{ $api.port }}}
{{- end }}
{{- end }}
{{- range concat ($policy.upstreams | default list) ($server.upstreams | default list) }}
- to:
    {{- toYaml .to | nindent 4 }}
  ports:
    {{- range .ports }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
{{- end }}
{{- $rules := list }}
{{- range splitList "\n" (include "bailiwick.hosts" (list "" (include "bailiwick.settings" . | fromYaml))) }}
{{- $words := splitList " " (trim .) }}
{{- if include "bailiwick.hosts.address" (first $words) }}
{{- $cidr := printf "%s/%d" (first $words) (ternary 128 32 (contains ":" (first $words))) }}
{{- $rules = append $rules (printf "%s %s" $cidr (index $words 1)) }}
{{- end }}
{{- end }}
{{- range uniq $rules }}
{{- $words := splitList " " . }}
- to:
    - ipBlock: {cidr: {{ first $words | quote }}}
  ports:
    - {protocol: TCP, port: {{ last $words }}}
{{- end }}
{{- end -}}
