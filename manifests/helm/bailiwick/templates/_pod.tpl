{{/* Where the policy comes from, as the source of a volume; nothing for the shipped one. */}}
{{- define "bailiwick.policy" -}}
{{- $policy := .Values.policy -}}
{{- if $policy.files -}}
configMap: {name: {{ include "bailiwick.fullname" . }}-policy}
{{- else if $policy.configMap -}}
configMap: {name: {{ $policy.configMap }}}
{{- else if $policy.claim -}}
persistentVolumeClaim: {claimName: {{ $policy.claim }}, readOnly: true}
{{- else if $policy.image -}}
image: {reference: {{ $policy.image | quote }}, pullPolicy: {{ .Values.image.pullPolicy }}}
{{- end -}}
{{- end -}}

{{/* Everything that is mounted: (list root name server) to `{name, path, source}`. */}}
{{- define "bailiwick.mounts" -}}
{{- $root := index . 0 -}}{{- $server := index . 2 -}}
- name: config
  path: /etc/bailiwick/config.toml
  file: config.toml
  source:
    configMap: {name: {{ $server.object }}}
{{- with include "bailiwick.policy" $root }}
- name: policy
  path: /etc/bailiwick/policy
  source:
    {{- . | nindent 4 }}
{{- end }}
{{- range $part, $named := $root.Values.shared }}
{{- if $named.secret }}
- name: shared-{{ $part }}
  path: /etc/bailiwick/secrets/shared-{{ $part }}
  source:
    secret: {secretName: {{ $named.secret }}, defaultMode: 288, items: [{key: {{ $named.key }}, path: {{ $named.key }}}]}
{{- end }}
{{- end }}
{{- if $root.Values.tls.enabled }}
- name: tls
  path: /etc/bailiwick/secrets/tls
  source:
    secret: {secretName: {{ $root.Values.tls.secret | default (printf "%s-tls" $server.object) }}, defaultMode: 288}
{{- end }}
{{- range $server.secrets }}
- name: secret-{{ .name }}
  path: /etc/bailiwick/secrets/{{ .name }}
  source:
    secret:
      secretName: {{ .secret }}
      defaultMode: 288
      {{- with .keys }}
      items:
        {{- range . }}
        - {key: {{ . }}, path: {{ . }}}
        {{- end }}
      {{- end }}
{{- end }}
{{- range $root.Values.certificates }}
- name: certificate-{{ .name }}
  path: /etc/bailiwick/certificates/{{ .name }}
  source:
    configMap: {name: {{ .configMap }}}
{{- end }}
{{- range $server.folders }}
- name: folder-{{ .name }}
  path: {{ .path }}
  source:
    {{- if .claim }}
    persistentVolumeClaim: {claimName: {{ .claim }}, readOnly: true}
    {{- else if .configMap }}
    configMap: {name: {{ .configMap }}}
    {{- else }}
    image: {reference: {{ .image | quote }}, pullPolicy: {{ $root.Values.image.pullPolicy }}}
    {{- end }}
{{- end }}
{{- end -}}

{{/* What Pod Security calls restricted, for a pod: (list server). */}}
{{- define "bailiwick.security" -}}
runAsNonRoot: true
{{- range $name, $number := .security }}
{{- if not (kindIs "invalid" $number) }}
{{ $name }}: {{ int64 $number }}
{{- end }}
{{- end }}
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{/* The same for a container. */}}
{{- define "bailiwick.confined" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* A probe: (list root path period failures). */}}
{{- define "bailiwick.probe" -}}
httpGet: {path: {{ index . 1 }}, port: http, scheme: {{ include "bailiwick.scheme" (index . 0) | upper }}}
periodSeconds: {{ index . 2 }}
failureThreshold: {{ index . 3 }}
timeoutSeconds: 5
{{- end -}}
