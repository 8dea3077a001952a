"""The questions, in the order of the report. Each takes a Setting and returns an Outcome."""
from .beside import beside_counts, dashboard, dashboard_small, mixed_90_10
from .crowds import connections
from .embedded import embedded
from .endurance import million, sustained
from .growth import growth
from .reads import list_50, point_read
from .writes import bulk_ingest, durable_write

ALL = {
    "point-read": point_read,
    "list-50": list_50,
    "durable-write": durable_write,
    "bulk-ingest": bulk_ingest,
    "mixed-90-10": mixed_90_10,
    "dashboard": dashboard,
    "dashboard-small": dashboard_small,
    "beside-counts": beside_counts,
    "connections": connections,
    "million": million,
    "sustained": sustained,
    "growth": growth,
    "embedded": embedded,
}
