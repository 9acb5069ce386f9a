{{/* What a schema cannot say. Everything that is wrong is told at once. */}}
{{- define "bailiwick.checks" -}}
{{- $servers := include "bailiwick.servers" . | fromYaml -}}
{{- $wrong := list -}}
{{- if not $servers -}}
{{- $wrong = append $wrong "no server is enabled: set servers.cluster.enabled, servers.observability.enabled or servers.retrieval.enabled" -}}
{{- end -}}
{{- if not (or .Values.host .Values.url) -}}
{{- $wrong = append $wrong "host is missing: the name that clients use, e.g. bailiwick.example.com" -}}
{{- end -}}
{{- if not (dig "identity" "issuers" (list) (.Values.config | default dict)) -}}
{{- $wrong = append $wrong "config.identity.issuers is missing: beyond loopback nobody would be known" -}}
{{- end -}}
{{- range $name, $server := $servers -}}
{{- if and $server.several (not (and $.Values.shared.database.secret $.Values.shared.rates.secret $.Values.shared.key.secret)) -}}
{{- $wrong = append $wrong (printf "servers.%s has more than one replica: set shared.database.secret, shared.rates.secret and shared.key.secret, or approvals and limits would not be the same in each" $name) -}}
{{- end -}}
{{- if and $server.autoscaling.enabled (gt (int $server.autoscaling.min) (int $server.autoscaling.max)) -}}
{{- $wrong = append $wrong (printf "servers.%s.autoscaling: min is above max" $name) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.networkPolicy.enabled (or .Values.host .Values.url) -}}
{{- $wrong = concat $wrong (include "bailiwick.checks.network" (list . $servers) | fromYamlArray) -}}
{{- end -}}
{{- $wrong = concat $wrong (include "bailiwick.checks.rights" . | fromYamlArray) -}}
{{- $wrong = concat $wrong (include "bailiwick.checks.doors" . | fromYamlArray) -}}
{{- if $wrong -}}
{{- fail (printf "\n\nThese values do not fit:\n  - %s\n" (join "\n  - " $wrong)) -}}
{{- end -}}
{{- end -}}

{{/* Every URL has to be let out to: (list root servers). */}}
{{- define "bailiwick.checks.network" -}}
{{- $root := index . 0 -}}
{{- $wrong := list -}}
{{- range $name, $server := index . 1 -}}
{{- $known := list -}}
{{- range concat ($root.Values.networkPolicy.upstreams | default list) ($server.upstreams | default list) }}{{- $known = concat $known (.hosts | default list) }}{{- end -}}
{{- range splitList "\n" (include "bailiwick.hosts" (list "" (include "bailiwick.settings" (list $root $name $server) | fromYaml))) -}}
{{- $words := splitList " " (trim .) -}}
{{- $host := first $words -}}
{{- if not (or (not $host) (has $host $known) (include "bailiwick.hosts.address" $host)) -}}
{{- $wrong = append $wrong (printf "%s: %s is behind no upstream: add {hosts: [%s], to: …, ports: [%s]} to servers.%s.upstreams or networkPolicy.upstreams" (last $words) $host $host (index $words 1) $name) -}}
{{- end -}}
{{- end -}}
{{- if and (eq $name "cluster") (include "bailiwick.here" $root) (not (include "bailiwick.api" $root | fromYaml).networks) -}}
{{- $wrong = append $wrong "networkPolicy.kubernetes is missing, and there is no cluster to ask: kubectl get endpointslice -n default kubernetes" -}}
{{- end -}}
{{- end -}}
{{ toYaml (uniq $wrong) }}
{{- end -}}

{{- define "bailiwick.checks.rights" -}}
{{- $wrong := list -}}
{{- if .Values.servers.cluster.enabled -}}
{{- if not (dig "config" "clusters" (dict) .Values.servers.cluster) -}}
{{- $wrong = append $wrong "servers.cluster.config.clusters is missing: name the clusters, e.g. {here: {groups: [sre]}}" -}}
{{- end -}}
{{- range $name, $cluster := include "bailiwick.here" . | fromYaml -}}
{{- if and $.Values.rbac.create (eq (dig "act_as" "caller" $cluster) "caller") -}}
{{- if not (compact ($cluster.groups | default list)) -}}
{{- $wrong = append $wrong (printf "servers.cluster.config.clusters.%s.groups is missing: name the groups that may be impersonated; system:masters is one, so it is never all" $name) -}}
{{- end -}}
{{- if not (or (compact ($.Values.rbac.users | default list)) $.Values.rbac.unsafeAnyUser) -}}
{{- $wrong = append $wrong "rbac.users is missing: name the people who may be impersonated" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{ toYaml (uniq $wrong) }}
{{- end -}}

{{- define "bailiwick.checks.doors" -}}
{{- $wrong := list -}}
{{- $policy := .Values.policy -}}
{{- if gt (len (compact (list (ternary "files" "" (not (empty $policy.files))) $policy.configMap $policy.claim $policy.image))) 1 -}}
{{- $wrong = append $wrong "policy has more than one source: keep one of files, configMap, claim and image" -}}
{{- end -}}
{{- range $door := list "ingress" "httpRoute" "route" -}}
{{- if and (index $.Values $door).enabled (not $.Values.host) -}}
{{- $wrong = append $wrong (printf "%s needs host" $door) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) -}}
{{- $wrong = append $wrong "httpRoute.parentRefs is missing: the Gateway it belongs to" -}}
{{- end -}}
{{- if and .Values.tls.enabled (not (include "bailiwick.authority" .)) (or .Values.httpRoute.enabled .Values.serviceMonitor.enabled) -}}
{{- $wrong = append $wrong "tls.ca.configMap is missing: the gateway or Prometheus could not check the servers' certificate" -}}
{{- end -}}
{{ toYaml $wrong }}
{{- end -}}
