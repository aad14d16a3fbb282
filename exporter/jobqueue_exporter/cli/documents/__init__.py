"""What commands print with `--output json`. Times are RFC 3339 in UTC, ages and durations seconds.

A field may be added at any time; none changes its meaning or goes away within a major version.
"""
