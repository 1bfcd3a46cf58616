{{- define "anlyt.selector" -}}
app.kubernetes.io/name: anlyt
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "anlyt.labels" -}}
{{ include "anlyt.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "anlyt.metadata" -}}
name: {{ .root.Release.Name }}-{{ .component }}
namespace: {{ .root.Release.Namespace | quote }}
labels:
  {{- include "anlyt.labels" . | nindent 2 }}
{{- end }}

{{- define "anlyt.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- /* `of`: the path of the values, for the message. */ -}}
{{- define "anlyt.checkScale" -}}
{{- if gt (int .minReplicas) (int .maxReplicas) -}}
{{- fail (printf "%s: minReplicas is %d, above maxReplicas, which is %d" .of (int .minReplicas) (int .maxReplicas)) -}}
{{- end -}}
{{- end }}

{{- /* Containers do not run as root, and cannot become root. */ -}}
{{- define "anlyt.unprivileged" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "anlyt.confined" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- /* The chart's settings, then those of the values (.settings override those of all), then files of secrets. */ -}}
{{- define "anlyt.environment" -}}
- name: ANLYT_HOME
  value: /tmp/anlyt
- name: ANLYT_API_HOST
  value: 0.0.0.0
- name: ANLYT_API_PORT
  value: "3030"
- name: ANLYT_AUDIT_HOST
  value: 0.0.0.0
- name: ANLYT_AUDIT_PORT
  value: "3443"
- name: ANLYT_METRICS_PORT
  value: "9464"
{{- range $name, $value := merge (dict) (.settings | default dict) .root.Values.settings }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- range $name, $key := .secrets }}
- name: {{ $name }}_FILE
  value: /run/secrets/anlyt/{{ $key }}
{{- end }}
{{- end }}

{{- /* For Vault's agent: one file per secret, where a Secret would be mounted. Once: pods that end need no sidecar. */ -}}
{{- define "anlyt.vault" -}}
{{- $vault := .root.Values.secrets.vault -}}
vault.hashicorp.com/agent-inject: "true"
vault.hashicorp.com/agent-run-as-same-user: "true"
vault.hashicorp.com/agent-pre-populate-only: {{ .once | quote }}
vault.hashicorp.com/role: {{ $vault.role | quote }}
vault.hashicorp.com/secret-volume-path: /run/secrets/anlyt
{{- range $key := .secrets | values | uniq | sortAlpha }}
vault.hashicorp.com/agent-inject-secret-{{ $key }}: {{ $vault.path | quote }}
vault.hashicorp.com/agent-inject-template-{{ $key }}: '{{ printf `{{ with secret "%s" }}{{ index .Data.data "%s" }}{{ end }}` $vault.path $key }}'
{{- end }}
{{- end }}

{{- /*
The template of a pod. component; args: of `anlyt`; settings: its own; secrets: setting -> key; resources; ports: name -> number; probes: YAML;
once: whether it ends by itself.
*/ -}}
{{- define "anlyt.pod" -}}
{{- $values := .root.Values -}}
{{- $isVault := $values.secrets.vault.enabled -}}
metadata:
  labels:
    {{- include "anlyt.labels" . | nindent 4 }}
    {{- if .once }}
    sidecar.istio.io/inject: "false"
    {{- else }}
    anlyt/scraped: "true"
    {{- if eq $values.mesh "istio" }}
    sidecar.istio.io/inject: {{ eq .component "api" | quote }}
    {{- end }}
    {{- end }}
  {{- $isMeshed := and (eq $values.mesh "istio") (eq .component "api") }}
  {{- if or $isVault $isMeshed }}
  annotations:
    {{- if $isMeshed }}
    # A proxy would distribute one pod's statements over ClickHouse's replicas, which may lag behind each other.
    traffic.sidecar.istio.io/excludeOutboundPorts: 4222,5432,8123
    {{- end }}
    {{- if $isVault }}
    {{- include "anlyt.vault" . | nindent 4 }}
    {{- end }}
  {{- end }}
spec:
  serviceAccountName: {{ .account | default .root.Release.Name | quote }}
  automountServiceAccountToken: {{ $isVault }}
  enableServiceLinks: false # or Kubernetes sets ANLYT_API_PORT=tcp://... for a Service anlyt-api
  {{- with $values.image.pullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- include "anlyt.unprivileged" . | nindent 4 }}
  terminationGracePeriodSeconds: 60
  {{- if .once }}
  restartPolicy: Never
  {{- else }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "anlyt.selector" . | nindent 10 }}
  {{- end }}
  {{- with $values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: anlyt
      image: {{ include "anlyt.image" .root | quote }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      args: {{ toJson .args }}
      env:
        {{- include "anlyt.environment" . | nindent 8 }}
      {{- with .ports }}
      ports:
        {{- range $name, $number := . }}
        - name: {{ $name }}
          containerPort: {{ $number }}
        {{- end }}
      {{- end }}
      {{- with .probes }}
      {{- . | nindent 6 }}
      {{- end }}
      resources:
        {{- toYaml .resources | nindent 8 }}
      securityContext:
        {{- include "anlyt.confined" . | nindent 8 }}
      volumeMounts:
        - name: tmp
          mountPath: /tmp
        {{- if not $isVault }}
        - name: secrets
          mountPath: /run/secrets/anlyt
          readOnly: true
        {{- end }}
  volumes:
    - name: tmp
      emptyDir:
        sizeLimit: 256Mi
    {{- if not $isVault }}
    - name: secrets
      secret:
        secretName: {{ required "secrets.existingSecret names a Secret unless secrets.vault.enabled" $values.secrets.existingSecret | quote }}
        defaultMode: 0440
        items:
          {{- range $key := .secrets | values | uniq | sortAlpha }}
          - key: {{ $key | quote }}
            path: {{ $key | quote }}
          {{- end }}
    {{- end }}
{{- end }}

{{- /* Probes of a process without an API: it is live while its metrics can be read. */ -}}
{{- define "anlyt.probes" -}}
startupProbe:
  httpGet: { path: /metrics, port: metrics }
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: { path: /metrics, port: metrics }
  periodSeconds: 20
  timeoutSeconds: 5
{{- end }}

{{- /* Probes of ingest: past its dead-letter limit, it is live but not ready. */ -}}
{{- define "anlyt.ingestProbes" -}}
{{ include "anlyt.probes" . }}
readinessProbe:
  httpGet: { path: /health/ready, port: metrics }
  periodSeconds: 10
  timeoutSeconds: 5
{{- end }}

{{- define "anlyt.apiProbes" -}}
startupProbe:
  httpGet: { path: /health/live, port: http }
  periodSeconds: 2
  failureThreshold: 30
livenessProbe:
  httpGet: { path: /health/live, port: http }
  periodSeconds: 10
  timeoutSeconds: 3
readinessProbe:
  httpGet: { path: /health/ready, port: http }
  periodSeconds: 5
  timeoutSeconds: 3
{{ include "anlyt.leaving" . }}
{{- end }}

{{- /* The probe is TCP only: a kubelet has no certificate that the audit listener would accept. */ -}}
{{- define "anlyt.auditProbes" -}}
{{ include "anlyt.probes" . }}
readinessProbe:
  httpGet: { path: /metrics, port: metrics }
  periodSeconds: 5
{{ include "anlyt.leaving" . }}
{{- end }}

{{- /* Clients may still connect to a pod that has just left its Service. */ -}}
{{- define "anlyt.leaving" -}}
lifecycle:
  preStop:
    exec:
      command: [sleep, "5"]
{{- end }}

{{- /* Settings from secrets: a workload's own override those of all. */ -}}
{{- define "anlyt.secrets" -}}
{{- $secrets := .root.Values.secrets -}}
{{- toJson (merge (dict) (index $secrets .of) $secrets.all) -}}
{{- end }}
