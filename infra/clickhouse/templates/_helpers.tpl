{{- define "ch.selector" -}}
app.kubernetes.io/name: anlyt-clickhouse
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "ch.labels" -}}
{{ include "ch.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "ch.metadata" -}}
name: {{ .root.Release.Name }}-{{ .component }}
namespace: {{ .root.Release.Namespace | quote }}
labels:
  {{- include "ch.labels" . | nindent 2 }}
{{- end }}

{{- /* The name of one pod of a StatefulSet. */ -}}
{{- define "ch.address" -}}
{{- $set := printf "%s-%s" .root.Release.Name .component -}}
{{ $set }}-{{ .number }}.{{ $set }}.{{ .root.Release.Namespace }}.svc.cluster.local
{{- end }}

{{- define "ch.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- /* 101 is the image's user clickhouse. */ -}}
{{- define "ch.unprivileged" -}}
runAsNonRoot: true
runAsUser: 101
runAsGroup: 101
fsGroup: 101
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "ch.confined" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- /* Where pods may run, and the source of their image. */ -}}
{{- define "ch.placement" -}}
enableServiceLinks: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Never two on one node: they would be lost together. Two in one zone are allowed if there are too few zones. */ -}}
{{- define "ch.apart" -}}
affinity:
  podAntiAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            {{- include "ch.selector" . | nindent 12 }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: topology.kubernetes.io/zone
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "ch.selector" . | nindent 8 }}
{{- end }}

{{- /* Annotations for secrets.xml from Vault's agent; `once`: for a pod that ends. */ -}}
{{- define "ch.vault" -}}
{{- $vault := .root.Values.secrets.vault -}}
vault.hashicorp.com/agent-inject: "true"
vault.hashicorp.com/agent-run-as-same-user: "true"
vault.hashicorp.com/agent-pre-populate-only: {{ .once | quote }}
vault.hashicorp.com/role: {{ $vault.role | quote }}
vault.hashicorp.com/secret-volume-path: /run/secrets/clickhouse
vault.hashicorp.com/agent-inject-secret-secrets.xml: {{ $vault.path | quote }}
vault.hashicorp.com/agent-inject-template-secrets.xml: '{{ printf `{{ with secret "%s" }}{{ index .Data.data "secrets.xml" }}{{ end }}` $vault.path }}'
{{- end }}

{{- define "ch.secretMount" -}}
{{- if not .Values.secrets.vault.enabled }}
- name: secrets
  mountPath: /run/secrets/clickhouse
  readOnly: true
{{- end }}
{{- end }}

{{- define "ch.secretVolume" -}}
{{- if not .Values.secrets.vault.enabled }}
- name: secrets
  secret:
    secretName: {{ required "secrets.existingSecret names a Secret unless secrets.vault.enabled" .Values.secrets.existingSecret | quote }}
    defaultMode: 0440
    items:
      - key: secrets.xml
        path: secrets.xml
{{- end }}
{{- end }}

{{- define "ch.claim" -}}
accessModes: [ReadWriteOnce]
{{- with .class }}
storageClassName: {{ . | quote }}
{{- end }}
resources:
  requests:
    storage: {{ .size }}
{{- end }}

{{- define "ch.peer" -}}
namespaceSelector:
  matchLabels:
    kubernetes.io/metadata.name: {{ .namespace | quote }}
{{- end }}
