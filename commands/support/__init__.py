"""Parts of commands.

In reading order: `signals` (every command), `listener` (every service). For `anlyt dev`: `preflight` and `space`,
`engines`, `personas`, `demo_traffic`, `status_lines`. For `anlyt events`: `json_values`, `event_checks`,
`event_report`. For exports: `query_exports` (of `anlyt api`), `audit_exports`.
"""
