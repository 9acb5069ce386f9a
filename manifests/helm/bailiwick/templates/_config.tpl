{{/* The settings of a server, as values: (list root name server). */}}
{{- define "bailiwick.settings" -}}
{{- $root := index . 0 -}}{{- $name := index . 1 -}}{{- $server := index . 2 -}}
{{- $inside := include "bailiwick.inside" (list $root $server) -}}
{{- $hosts := list -}}
{{- range list $server.object (trimSuffix ".svc" $inside) $inside (printf "%s.cluster.local" $inside) -}}
{{- $hosts = append $hosts (printf "%s:*" .) -}}
{{- end -}}
{{- $listen := dict "host" "0.0.0.0" "port" 8765 "url" (include "bailiwick.url" $root) "hosts" $hosts -}}
{{- if $root.Values.tls.enabled -}}
{{- $_ := set $listen "certificate" "/etc/bailiwick/secrets/tls/tls.crt" -}}
{{- $_ := set $listen "key" "/etc/bailiwick/secrets/tls/tls.key" -}}
{{- end -}}
{{- $made := dict "state" "/var/lib/bailiwick" "listen" $listen -}}
{{- if include "bailiwick.policy" $root -}}
{{- $_ := set $made "policy" (dict "path" "/etc/bailiwick/policy") -}}
{{- end -}}
{{- $shared := dict -}}
{{- range $part, $named := $root.Values.shared -}}
{{- if $named.secret -}}
{{- $_ := set $shared (printf "%s_file" $part) (printf "/etc/bailiwick/secrets/shared-%s/%s" $part $named.key) -}}
{{- end -}}
{{- end -}}
{{- if $shared }}{{- $_ := set $made "shared" $shared }}{{- end -}}
{{- $_ := set $made "servers" (dict $name ($server.config | default dict)) -}}
{{ toYaml (mergeOverwrite $made (deepCopy ($root.Values.config | default dict))) }}
{{- end -}}

{{/* A table of TOML: (list path table). Values first, for what follows a header belongs to it. */}}
{{- define "bailiwick.toml" -}}
{{- $path := index . 0 -}}
{{- range $key, $value := index . 1 }}
{{- if include "bailiwick.toml.plain" (list $value) }}
{{ include "bailiwick.toml.key" $key }} = {{ include "bailiwick.toml.value" $value }}
{{- end }}
{{- end }}
{{- range $key, $value := index . 1 }}
{{- $here := include "bailiwick.toml.key" $key }}
{{- if $path }}{{ $here = printf "%s.%s" $path $here }}{{ end }}
{{- if kindIs "map" $value }}
{{- if or (not $value) (include "bailiwick.toml.plain" (values $value)) }}

[{{ $here }}]
{{- end }}
{{- include "bailiwick.toml" (list $here $value) }}
{{- else if and (kindIs "slice" $value) (not (include "bailiwick.toml.plain" (list $value))) }}
{{- range $value }}

[[{{ $here }}]]
{{- include "bailiwick.toml" (list $here .) }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Something, where one of a list of values is neither a table, nor a list of tables, nor null. */}}
{{- define "bailiwick.toml.plain" -}}
{{- range $value := . }}
{{- if kindIs "slice" $value }}
{{- if not (and $value (kindIs "map" (first $value))) }}x{{ end }}
{{- else if not (or (kindIs "map" $value) (kindIs "invalid" $value)) }}x{{ end }}
{{- end }}
{{- end -}}

{{- define "bailiwick.toml.key" -}}
{{ regexMatch "^[A-Za-z0-9_-]+$" . | ternary . (toRawJson .) }}
{{- end -}}

{{- define "bailiwick.toml.value" -}}
{{- if kindIs "map" . -}}
{{- $parts := list -}}
{{- range $key, $value := . -}}
{{- if not (kindIs "invalid" $value) -}}
{{- $parts = append $parts (printf "%s = %s" (include "bailiwick.toml.key" $key) (include "bailiwick.toml.value" $value)) -}}
{{- end -}}
{{- end -}}
{ {{- join ", " $parts -}} }
{{- else if kindIs "slice" . -}}
{{- $parts := list -}}
{{- range . }}{{- $parts = append $parts (include "bailiwick.toml.value" .) }}{{- end -}}
[{{ join ", " $parts }}]
{{- else -}}
{{ toRawJson . }}
{{- end -}}
{{- end -}}
